/**
 * Reviews of access: the entries of a policy that are due, by the days of their last reviews.
 *
 * @since 0.1.0
 */
import "./internal/installEffect3.ts"

export { due, entries, futureReviews, type Review } from "./internal/policy/review.ts"
