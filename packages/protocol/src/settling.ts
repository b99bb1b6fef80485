/**
 * What a write came to, from its reply and from readings: which permission of a
 * project stays, what a create needs that may have been executed, when a 404 to
 * a delete is believed.
 *
 * @since 0.1.0
 */
export type { Created, CreateReply } from "./internal/settling/create.ts"
export { afterCreate, onCreate } from "./internal/settling/create.ts"
export { onDelete, onDeleted } from "./internal/settling/delete.ts"
export type { Duplicates, Reading } from "./internal/settling/duplicates.ts"
export { duplicates, readingOf } from "./internal/settling/duplicates.ts"
export type { GrantReport } from "./internal/settling/grant.ts"
export { grant } from "./internal/settling/grant.ts"
export { limits } from "./internal/settling/limits.ts"
export type { Granted } from "./internal/settling/oldest.ts"
export { byProject, oldestFirst } from "./internal/settling/oldest.ts"
export { owningProject } from "./internal/settling/owner.ts"
export type { Call, Calls, Deletion, Program, Read } from "./internal/settling/program.ts"
export type { Doubled } from "./internal/settling/settleDoubles.ts"
export { nextOfDoubled } from "./internal/settling/settleDoubles.ts"
