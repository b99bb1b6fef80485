/** How long requests take: what is known of it, and how it is said. Times are milliseconds. */
export { type Basis, type Estimate, overall, type PaceEstimate } from "./internal/estimates/estimate.ts"
export { type Finishing, finishing } from "./internal/estimates/finishing.ts"
export { next, type Said } from "./internal/estimates/steady.ts"
export { type Traffic, traffic } from "./internal/estimates/traffic.ts"
export { time, words } from "./internal/estimates/words.ts"
