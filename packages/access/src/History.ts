/**
 * Who granted and revoked what, and when, from the organization's audit log; and audits that go by it. The log says
 * where to look, never what is so.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { History } from "@checkpoint-permissions/access"
 * import { Organization } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const history = await History.read({ ourKeys: ["key_nightly"] }).pipe(
 *   Effect.provide(Organization.layer({ adminKey: Redacted.make("sk-admin-test") })),
 *   Effect.provide(FakePermissions.layer()),
 *   Effect.runPromise
 * )
 * assert.deepEqual(history.changes, [])
 * ```
 *
 * @since 0.1.0
 */
import type { History as Model } from "./internal/history/model.ts"

export { type AuditAgain, type AuditAgainOptions, auditAgain } from "./internal/history/again.ts"
export { type Change, History } from "./internal/history/model.ts"
export { type HistoryOptions, read } from "./internal/history/read.ts"
export { rowsOf, type TableOptions, toCsv, toJson, toTable } from "./internal/history/render.ts"
export { carriedOver, carriedOverNote, reasonOf } from "./internal/history/sentences.ts"

/**
 * The changes at a checkpoint, of a project, or both. What the log does not say is not filtered out: a change without a
 * checkpoint may be of any.
 *
 * @category questions
 */
export const filter = (
  history: Model,
  { checkpoint, project }: { readonly checkpoint?: string | undefined; readonly project?: string | undefined }
): Model => {
  const matches = (wanted: string | undefined, given: string | undefined) =>
    wanted === undefined || given === undefined || wanted === given
  return {
    ...history,
    changes: history.changes.filter(
      (change) => matches(checkpoint, change.checkpoint) && matches(project, change.project)
    )
  }
}
