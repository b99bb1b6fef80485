/**
 * The meaning of a reply, or of its absence. It is the kind of failure for each status, body and transport error,
 * whether it is retried, and whether the request may have been executed. Times are milliseconds.
 */
export * from "./internal/failure/failures.ts"
export {
  type Call,
  type Head,
  type Headers,
  maxBodySize,
  ofReply,
  outcomeOf,
  type Redact,
  type Reply,
  rateLimitsOf,
  requestIdOf,
  retryAfterOf
} from "./internal/failure/replies.ts"
export { ofTimeout, ofTransport } from "./internal/failure/transport.ts"
