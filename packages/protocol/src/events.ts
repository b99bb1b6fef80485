/**
 * Changes to permissions, from events of the audit log. Finds the changes, the parts of the log to search for the actor
 * of a grant, and the end of an access that is missing. Events can be late, and some changes have no event.
 */

export * from "./internal/events/change.ts"
export * from "./internal/events/join.ts"
export * from "./internal/events/missing.ts"
export * from "./internal/events/search.ts"
