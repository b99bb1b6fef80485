/**
 * Changes to permissions, from events of the audit log: which there were, which part of the log to search for the
 * author of a permission, and how a missing access ended. Events come late, and some changes leave none.
 */

export * from "./internal/events/change.ts"
export * from "./internal/events/join.ts"
export * from "./internal/events/missing.ts"
export * from "./internal/events/search.ts"
