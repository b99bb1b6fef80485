/**
 * What events of the audit log say together, which checkpoints they ask to be
 * read again, and what may be said of the others. The log says where to look,
 * never what is so: events come late, and some changes leave none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { events } from "@checkpoint-permissions/protocol"
 *
 * const changes = events.join(
 *   [{ id: "audit_log-1", type: "checkpoint.permission.deleted", effective_at: 1_700_000_000, "checkpoint.permission.deleted": { id: "cp_1" } }],
 *   [{ permission: "cp_1", project: "proj_a", checkpoint: "ft:a" }]
 * )
 * const row = { checkpoint: "ft:a", readFrom: 1_699_999_000_000, complete: true, permissions: [{ id: "cp_1" }] }
 * assert.deepEqual(events.stale([row], changes), ["ft:a"])
 * ```
 *
 * @since 0.1.0
 */

export type { Actor, Change, KnownPermission, LogActor, LogEvent } from "./internal/events/change.ts"
export { created, deleted } from "./internal/events/change.ts"
export { join, live } from "./internal/events/join.ts"
export type { Recorded } from "./internal/events/recorded.ts"
export { isOurs } from "./internal/events/recorded.ts"
export type { Log, SavedRow, ToRead, WhyAll } from "./internal/events/stale.ts"
export { since, stale, tolerance, toRead, unexplained } from "./internal/events/stale.ts"
