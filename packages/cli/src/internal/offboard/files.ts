/** The files of an offboarding. A disk or a quota that is or becomes full stops no delete: the reason is reported at the end. */
import type * as Journal from "@checkpoint-permissions/access/Journal"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import { openFiles } from "../apply/apply.ts"
import { wrongUse } from "../failure.ts"
import { partialOf, type Target, targetOf, write } from "../output/file.ts"

interface Files {
  readonly actor: Option.Option<string>
  readonly dryRun: boolean
  readonly force: boolean
  readonly journal: Option.Option<string>
  readonly out: Option.Option<string>
}

interface Reason {
  readonly message: string
}

const isDiskFull = ({ message }: Reason): boolean => /ENOSPC|EDQUOT/.test(message)

/** Opens the journal, and checks the file of `--out`. A dry run writes no file. */
export const open = Effect.fnUntraced(function* ({ actor, dryRun, force, journal, out }: Files) {
  const { resolve } = yield* Path.Path
  const paths = [journal, out].flatMap(Option.toArray).map((path) => resolve(path))
  if (new Set(paths).size < paths.length) return yield* wrongUse("--journal and --out must be different files")
  const reasons = yield* Ref.make<ReadonlySet<string>>(new Set())
  const add = ({ message }: Reason) => Ref.update(reasons, (all) => new Set([...all, message]))
  const opened = yield* Effect.catchIf(openFiles({ actor, journal }), isDiskFull, (error) =>
    Effect.zipRight(add(error), openFiles({ actor, journal: Option.none() }))
  )
  const target = dryRun
    ? Option.none<Target>()
    : yield* Effect.catchIf(targetOf({ force, out }, "verdict", "offboarding"), isDiskFull, (error) =>
        Effect.as(add(error), Option.none<Target>())
      )
  const append = opened.journal
  const journalWithout: Journal.Journal<never> | undefined = append && {
    write: (entries) => Effect.catchAll(append.write(entries), add)
  }
  return {
    actor: opened.actor,
    journal: journalWithout,
    add,
    /** Saves the result; an incomplete one goes to `<file>.partial`. Returns the reasons why something was not saved. */
    save: (text: string, isComplete: boolean) =>
      Effect.transposeMapOption(target, (at) =>
        Effect.catchAll(write(isComplete ? at : partialOf(at), text), add)
      ).pipe(Effect.zipRight(Ref.get(reasons)))
  }
})
