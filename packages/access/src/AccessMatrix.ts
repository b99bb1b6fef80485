/**
 * The result of an audit: checkpoints × projects. A value that can be saved, loaded, queried, and rendered as a table,
 * CSV, JSON or a page. Unread access is never shown as no access. No listing shows the owner of a model: it has access
 * without a permission.
 */
import "./internal/installEffect3.ts"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as AccessPolicy from "./AccessPolicy.ts"
import { cellOf, projects } from "./internal/audit/cells.ts"
import type { AccessMatrix } from "./internal/audit/matrix.ts"
import { singleLine } from "./internal/text/words.ts"

export { cell, counts, projects } from "./internal/audit/cells.ts"
export { withoutAccess } from "./internal/audit/entries.ts"
export { AccessMatrix, fromJson, InvalidMatrix, OwnerSource, Row, toJson } from "./internal/audit/matrix.ts"
export { toHtml } from "./internal/audit/page.ts"
export { toCsv, toLines, toMarkdown } from "./internal/audit/table.ts"
export { toText } from "./internal/audit/text.ts"

/** The error of a matrix that cannot become a policy, since a part of it is unknown. */
export class IncompleteMatrix extends Schema.TaggedError<IncompleteMatrix>()("IncompleteMatrix", {
  checkpoints: Schema.Array(Schema.String),
  /** The reason of the first incomplete checkpoint. */
  reason: Schema.String
}) {
  override get message(): string {
    const others = this.checkpoints.length - 1
    const which = `${singleLine(this.checkpoints[0] ?? "", 512)}${others > 0 ? ` and ${others} more` : ""}`
    return `the audit is incomplete for ${which} (${singleLine(this.reason)}): read ${others > 0 ? "them" : "it"} again, or leave ${others > 0 ? "them" : "it"} out`
  }
}

/**
 * Returns the current access as a policy. Applied immediately, the policy changes nothing. The owner is in `owner` and
 * not in `projects`.
 *
 * Fails with `IncompleteMatrix` if anything is unknown, since a policy revokes the access of projects that it leaves
 * out. Fails with `InvalidPolicy` if a project id begins with `@`, the prefix of a group.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessMatrix, AccessPolicy } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { Identifiers } from "@checkpoint-permissions/core"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = Identifiers.CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
 * const matrix = await Access.audit([checkpoint]).pipe(
 *   Effect.provide(Access.layer),
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_search"] } })),
 *   Effect.runPromise
 * )
 * const policy = await Effect.runPromise(AccessMatrix.toPolicy(matrix))
 * assert.match(AccessPolicy.format(policy), /projects: *\n? *(- |\[ ?)proj_search/)
 * ```
 *
 * @category conversions
 */
export const toPolicy = (
  matrix: AccessMatrix
): Effect.Effect<AccessPolicy.AccessPolicy, IncompleteMatrix | AccessPolicy.InvalidPolicy> =>
  Effect.gen(function* () {
    const filter = matrix.project === undefined ? undefined : "only the permissions of one project were read"
    const unknown = matrix.rows.flatMap((row) => {
      const reason = row.complete ? filter : row.reason
      return reason === undefined ? [] : [{ checkpoint: row.checkpoint, reason }]
    })
    if (unknown[0] !== undefined) {
      const checkpoints = unknown.map(({ checkpoint }) => checkpoint)
      return yield* new IncompleteMatrix({ checkpoints, reason: unknown[0].reason })
    }
    const columns = projects(matrix)
    return yield* AccessPolicy.fromState(
      matrix.rows.map((row) => ({
        checkpoint: row.checkpoint,
        owner: row.owner,
        projects: columns.filter((project) => cellOf(matrix, row, project)._tag === "Access")
      }))
    )
  })
