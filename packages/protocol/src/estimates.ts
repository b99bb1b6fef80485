/** How long requests take: what is known of it, and how it is said. Times are milliseconds. */
export * from "./internal/estimates/estimate.ts"
export * from "./internal/estimates/steady.ts"
export * from "./internal/estimates/traffic.ts"
export * from "./internal/estimates/words.ts"
