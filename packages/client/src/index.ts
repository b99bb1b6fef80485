/**
 * List, stream, create and delete checkpoint permissions as Effects and
 * Streams over any `HttpClient`.
 *
 * @since 0.1.0
 */
export * as CheckpointPermissions from "./CheckpointPermissions.ts"
export * as Metrics from "./Metrics.ts"
export * as Pacing from "./Pacing.ts"
export * as RetryPolicy from "./RetryPolicy.ts"
