/**
 * What a write came to, from its reply and from readings: which permission of a project stays, what a create needs that
 * may have been executed, when a 404 to a delete is believed.
 */

export type { Call, Program } from "./internal/program.ts"
export type { Calls } from "./internal/settling/calls.ts"
export type { Created, CreateFailure, CreateReply } from "./internal/settling/create.ts"
export { afterCreate, onCreate } from "./internal/settling/create.ts"
export { onDelete, onDeleted } from "./internal/settling/delete.ts"
export type { Duplicates, Reading } from "./internal/settling/duplicates.ts"
export { duplicates, readingOf } from "./internal/settling/duplicates.ts"
export type { Ensured } from "./internal/settling/ensure.ts"
export { ensure } from "./internal/settling/ensure.ts"
export type { GrantReport } from "./internal/settling/grant.ts"
export { grant } from "./internal/settling/grant.ts"
export { limits } from "./internal/settling/limits.ts"
export type { Granted } from "./internal/settling/oldest.ts"
export { byProject, oldestFirst } from "./internal/settling/oldest.ts"
export { owningProject } from "./internal/settling/owner.ts"
export type { Doubles } from "./internal/settling/settleDoubles.ts"
export { settleDoubles } from "./internal/settling/settleDoubles.ts"
