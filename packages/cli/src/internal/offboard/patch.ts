/** The removal of a project from policies as a patch for `git apply`. */
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { printable } from "@checkpoint-permissions/protocol/text"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { wrongUse } from "../failure.ts"
import { patchOf, withMark } from "../output/patch.ts"

/**
 * Returns a patch that removes a project from policies. Fails with a line for each place that needs a manual change: an
 * owner or an alias.
 */
export const removalOf = Effect.fnUntraced(function* (sources: ReadonlyArray<AccessPolicy.Source>, project: string) {
  const [lines, changed] = Arr.partitionMap(yield* Effect.forEach(sources, withMark), (source) =>
    Either.mapBoth(AccessPolicy.withoutProject(source, project), {
      onLeft: (places) =>
        places.map(
          ({ line, reason }) =>
            `offboard: cannot remove ${printable(project)} from ${printable(source.file ?? "")}:${line}: ${reason}: edit it manually`
        ),
      onRight: (changes) => ({ source, changes })
    })
  )
  if (lines.length > 0) return yield* wrongUse(...lines.flat())
  return yield* patchOf(changed)
})
