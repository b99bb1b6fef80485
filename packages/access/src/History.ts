/**
 * Changes to permissions from the organization's audit log: who granted and revoked what, and when. The log is delayed,
 * and some changes leave no event.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { History } from "@checkpoint-permissions/access"
 * import { Organization } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const history = await History.read().pipe(
 *   Effect.provide(Organization.layer({ adminKey: Redacted.make("sk-admin-test") })),
 *   Effect.provide(FakePermissions.layer()),
 *   Effect.runPromise
 * )
 * assert.deepEqual(history.changes, [])
 * ```
 */
import "./internal/installEffect3.ts"

export { History } from "./internal/history/changes.ts"
export { filter, knows } from "./internal/history/filter.ts"
export { read } from "./internal/history/read.ts"
export { toCsv, toJson, toLines, toTable } from "./internal/history/text.ts"
