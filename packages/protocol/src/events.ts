/**
 * What events of the audit log say together, which checkpoints they ask to be read again, and what may be said of the
 * others. The log says where to look, never what is so: events come late, and some changes leave none.
 */

export type { Actor, Change, KnownPermission, LogActor, LogEvent } from "./internal/events/change.ts"
export { created, deleted } from "./internal/events/change.ts"
export { join, live } from "./internal/events/join.ts"
export type { Recorded } from "./internal/events/recorded.ts"
export { isOurs } from "./internal/events/recorded.ts"
export type { Log, SavedRow, ToRead, WhyAll } from "./internal/events/stale.ts"
export { since, stale, tolerance, toRead, unexplained } from "./internal/events/stale.ts"
