/** The files of a change: its journal, and the executed plan of `apply --out`. */

import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as Journal from "@checkpoint-permissions/access/Journal"
import { printable } from "@checkpoint-permissions/protocol/text"
import * as Path from "@effect/platform/Path"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { wrongUse } from "../command/failure.ts"
import * as environment from "../input/environment.ts"
import type { ApplyOptions } from "../input/options.ts"
import * as output from "../output/file.ts"

/**
 * Saves the executed plan. A part that was not applied leaves the file as it is: the plan goes to `<file>.partial`, whose
 * name is returned.
 */
const saveTo = (target: output.Target) => (plan: AccessPlan.AccessPlan, complete: boolean) =>
  Effect.gen(function* () {
    const at = complete ? target : output.partialOf(target)
    const executed = { ...plan, executed: { at: yield* DateTime.now, complete } }
    yield* output.write(at, yield* AccessPlan.toJson(executed))
    return complete ? undefined : printable(at.path)
  })

/**
 * Opens the files of a change, and returns them with the actor of its changes. Checks that they can be written, before
 * hours of reading.
 */
export const openFiles = Effect.fnUntraced(function* ({
  force = false,
  out = Option.none(),
  ...options
}: Pick<ApplyOptions, "actor" | "journal"> & Partial<Pick<ApplyOptions, "force" | "out">>) {
  const { resolve } = yield* Path.Path
  const target = yield* output.targetOf({ force, out }, "executed plan")
  const journal = Option.map(options.journal, (path): output.Target => ({ what: "journal", path, force: false }))
  if (Option.isSome(target) && Option.exists(journal, ({ path }) => resolve(path) === resolve(target.value.path))) {
    return yield* wrongUse("--journal and --out must be different files")
  }
  yield* Effect.transposeMapOption(journal, output.checkAppend)
  return {
    actor: Option.isSome(options.actor) ? options.actor.value : yield* environment.actor,
    journal: Option.getOrUndefined(yield* Effect.transposeMapOption(options.journal, Journal.file)),
    save: Option.getOrUndefined(Option.map(target, saveTo))
  }
})
