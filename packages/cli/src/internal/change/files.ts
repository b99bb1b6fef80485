/** The executed plan of `apply --out`, and the previous access while the apply runs. */

import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as Journal from "@checkpoint-permissions/access/Journal"
import { printable } from "@checkpoint-permissions/protocol/text"
import * as FileSystem from "@effect/platform/FileSystem"
import { isNonEmptyReadonlyArray } from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as output from "../output/file.ts"

/** A line of `<file>.partial`: the access to a checkpoint before its first write. */
const Before = Schema.parseJson(AccessPlan.CheckpointPlan.pick("checkpoint", "owner", "found"))

const encode = Schema.encodeSync(Before)
const decode = Schema.decodeEither(Before)

type Found = AccessPlan.CheckpointPlan["found"]

/** Returns the previous access from an executed plan, or from the lines of an apply that was killed. */
export const beforeIn = (
  text: string
): Effect.Effect<Parameters<typeof AccessPlan.formerState>[0], AccessPlan.PlanRefused> => {
  const lines = text.split("\n").filter((line) => line.trim() !== "")
  // a killed process may leave its last line unfinished, before the write that it announces
  const all = lines.flatMap((line) => Either.match(decode(line), { onLeft: () => [], onRight: (one) => [one] }))
  return isNonEmptyReadonlyArray(all) && all.length >= lines.length - 1
    ? Effect.succeed({ checkpoints: all })
    : AccessPlan.fromJson(text)
}

/**
 * Opens `<file>.partial`, or the next free name. `onBefore` appends the access to a checkpoint. `save` writes the
 * executed plan to the file if everything was applied, otherwise to the partial file, and returns the name of a
 * remaining partial file.
 */
export const open = Effect.fnUntraced(function* (target: output.Target) {
  const fs = yield* FileSystem.FileSystem
  const partial = yield* output.numbered(output.partialOf(target))
  const named = Effect.mapError(
    ({ journal, reason }: Journal.JournalFailed) =>
      new Journal.JournalFailed({ journal, reason, contents: "previous access" })
  )
  const append = yield* named(Journal.lines(partial.path))
  const before = new Map<string, Found>()
  let isKept = false
  yield* Effect.addFinalizer(() => (isKept ? Effect.void : Effect.ignore(fs.remove(partial.path))))
  const onBefore = (checkpoint: AccessPlan.CheckpointPlan["checkpoint"], found: Found) =>
    Effect.suspend(() => {
      before.set(checkpoint, found)
      return named(append(`${encode({ checkpoint, found })}\n`))
    })
  /** Saves the executed plan. The lines of the partial file stay until it is written. */
  const save = Effect.fnUntraced(function* (plan: AccessPlan.AccessPlan, complete: boolean) {
    isKept = true
    const executed: AccessPlan.AccessPlan = {
      ...plan,
      checkpoints: plan.checkpoints.map((one) => ({ ...one, found: before.get(one.checkpoint) ?? one.found })),
      executed: { at: yield* DateTime.now, complete }
    }
    if (complete) {
      yield* output.write(target, yield* AccessPlan.toJson(executed))
      isKept = false
      return undefined
    }
    yield* output.write({ ...partial, force: true }, yield* AccessPlan.toJson(executed))
    return printable(partial.path)
  })
  return { onBefore, save }
})
