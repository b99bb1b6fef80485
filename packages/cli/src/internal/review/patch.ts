/** The day of a review, in policies, as a patch for `git apply`. */
import type * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { printable, printableId } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as Ids from "../input/ids.ts"
import { type Target, write } from "../output/file.ts"
import { patchOf, withMark } from "../output/patch.ts"
import * as Screen from "../terminal/screen.ts"

/** Returns a line for each difference between the server and the policy. */
const differencesAt = ({ checkpoint, review }: AccessMatrix.Row, names: AccessMatrix.AccessMatrix["names"]) =>
  (review?.projects ?? []).flatMap(({ marks, project }) =>
    marks.flatMap((mark) =>
      mark === "granted since the last review"
        ? []
        : [`${printableId(checkpoint)}: ${Ids.named(project, names)}: ${mark}: the patch does not change it`]
    )
  )

/**
 * Writes a patch that sets `lastReview` to a day for each reviewed entry that was read. Names each entry that it leaves out,
 * and each difference between the server and the policy. Writes nothing if no entry changes.
 */
export const writePatch = Effect.fnUntraced(function* (
  target: Target,
  sources: ReadonlyArray<AccessPolicy.Source>,
  { names, rows }: AccessMatrix.AccessMatrix,
  day: string
) {
  const read = rows.flatMap(({ checkpoint, complete }) => (complete ? [checkpoint] : []))
  const changed = (yield* Effect.forEach(sources, withMark)).map((source) => ({
    source,
    ...AccessPolicy.withLastReview(source, read, day)
  }))
  const leftOut = [
    ...rows.flatMap((row) =>
      row.complete ? [] : [`${printableId(row.checkpoint)} is not in the patch: not read: ${printable(row.reason)}`]
    ),
    ...changed.flatMap(({ source: { file = "" }, unchanged }) =>
      unchanged.map(
        ({ checkpoint, line, reason }) =>
          `${printable(file)}:${line}: ${printableId(checkpoint)} is not in the patch: ${reason}: edit it manually`
      )
    )
  ]
  const screen = yield* Screen.Screen
  for (const line of [...leftOut, ...rows.flatMap((row) => differencesAt(row, names))]) {
    yield* screen.warn(`review: ${line}`)
  }
  const text = yield* patchOf(changed)
  if (text === "") yield* screen.warn("review: no entry to change: no patch written")
  else yield* write(target, text)
})
