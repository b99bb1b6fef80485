/**
 * What a reply, or the lack of one, means: one kind of failure for each status, body and transport error, whether it is
 * retried, and whether the request may have been executed. Times are milliseconds.
 */
export * from "./internal/failure/failures.ts"
export { type Headers, rateLimitsOf, retryAfterOf } from "./internal/failure/headers.ts"
export * from "./internal/failure/replies.ts"
