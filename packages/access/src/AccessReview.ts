/**
 * Reviews of access: the entries of a policy that are due, and audits of their checkpoints, in which the differences from
 * the policy are marked.
 */
import "./internal/installEffect3.ts"

export { footer as summary } from "./internal/audit/entries.ts"
export { entries, futureReviews, type Review } from "./internal/review/due.ts"
export { make } from "./internal/review/marks.ts"
