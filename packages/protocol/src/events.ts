/**
 * What events of the audit log say together, which checkpoints they ask to be read again, and what may be said of the
 * others. The log says where to look, never what is so: events come late, and some changes leave none.
 */

export * from "./internal/events/change.ts"
export * from "./internal/events/join.ts"
export { isOurs, type Recorded } from "./internal/events/recorded.ts"
export * from "./internal/events/stale.ts"
