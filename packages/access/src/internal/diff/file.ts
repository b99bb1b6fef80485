import * as Schema from "effect/Schema"
import { withLines } from "../json.ts"
import { hasUnknown, isEmpty } from "./compare.ts"
import { AccessDiff, CheckpointDiff } from "./model.ts"

const encodeHead = Schema.encodeSync(AccessDiff)
const encodeCheckpoint = Schema.encodeSync(CheckpointDiff)

/**
 * For programs: everything the diff holds, with `isEmpty` and `hasUnknown`. A
 * line for each checkpoint, and no character in it acts on a terminal.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessDiff } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { Identifiers } from "@checkpoint-permissions/core"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = Identifiers.CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
 * const matrix = await Access.audit([checkpoint]).pipe(
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-any") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_search"] } })),
 *   Effect.runPromise
 * )
 * const diff = await Effect.runPromise(AccessDiff.make(matrix, matrix))
 * assert.equal(JSON.parse(AccessDiff.toJson(diff)).isEmpty, true)
 * ```
 *
 * @category rendering
 * @since 0.1.0
 */
export const toJson = (diff: AccessDiff): string => {
  const { checkpoints: _, ...head } = encodeHead({ ...diff, checkpoints: [] })
  const answers = { isEmpty: isEmpty(diff), hasUnknown: hasUnknown(diff) }
  return withLines(
    { ...head, ...answers },
    "checkpoints",
    diff.checkpoints.map((checkpoint) => encodeCheckpoint(checkpoint))
  )
}
