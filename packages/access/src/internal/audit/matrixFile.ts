import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { issueOf, withLines } from "../json.ts"
import { AccessMatrix, Row } from "./matrix.ts"

const encodeRow = Schema.encodeSync(Row)
const encodeHead = Schema.encodeSync(AccessMatrix)
const decode = Schema.decode(Schema.parseJson(AccessMatrix))

/**
 * A text that is no matrix.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { AccessMatrix } from "@checkpoint-permissions/access"
 * import { Effect } from "effect"
 *
 * const error = await Effect.runPromise(Effect.flip(AccessMatrix.fromJson("{}")))
 * assert.equal(error._tag, "InvalidMatrix")
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidMatrix extends Schema.TaggedError<InvalidMatrix>()("InvalidMatrix", {
  /** What is wrong with it. */
  detail: Schema.String
}) {
  /** One line for people. */
  override get message(): string {
    return `the audit cannot be read (${this.detail}): make it anew`
  }
}

/**
 * The matrix as a file: it loses nothing, holds no character that acts on a
 * terminal, and has a line for each checkpoint.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessMatrix } from "@checkpoint-permissions/access"
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
 * const again = await Effect.runPromise(AccessMatrix.fromJson(AccessMatrix.toJson(matrix)))
 * assert.deepEqual(again, matrix)
 * ```
 *
 * @category files
 * @since 0.1.0
 */
export const toJson = (matrix: AccessMatrix): string => {
  const { rows: _, ...head } = encodeHead({ ...matrix, rows: [] })
  return withLines(
    head,
    "rows",
    matrix.rows.map((row) => encodeRow(row))
  )
}

/**
 * Reads what `toJson` wrote, for instance to resume an audit.
 *
 * @example
 * ```ts
 * import { Access, AccessMatrix } from "@checkpoint-permissions/access"
 * import { Effect } from "effect"
 *
 * const resumed = Effect.fn(function* (saved: string) {
 *   const previous = yield* AccessMatrix.fromJson(saved)
 *   return yield* Access.audit(
 *     previous.rows.map((row) => row.checkpoint),
 *     { previous }
 *   )
 * })
 * ```
 *
 * @category files
 * @since 0.1.0
 */
export const fromJson = (text: string): Effect.Effect<AccessMatrix, InvalidMatrix> =>
  Effect.mapError(decode(text), (error) => new InvalidMatrix({ detail: issueOf(error) }))
