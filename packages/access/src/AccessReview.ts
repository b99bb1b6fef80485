/**
 * Reviews of access: the entries of a policy that are due, and audits of their checkpoints, in which the differences from
 * the policy are marked.
 *
 * @since 0.1.0
 */
import "./internal/installEffect3.ts"

export { footer as summary } from "./internal/render/entries.ts"
export { entries, futureReviews, type Review } from "./internal/review/due.ts"
export { make } from "./internal/review/make.ts"
