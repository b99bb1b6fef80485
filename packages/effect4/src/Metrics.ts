/**
 * The metrics of a service. Every metric has the attribute `operation` (`list`, `create` or `delete`). None contains an
 * id or the key.
 *
 * @example
 * ```ts effect4
 * import { Metrics } from "@checkpoint-permissions/effect4"
 * import { Effect, Metric } from "effect"
 *
 * const limited = Metric.value(Metrics.rateLimits.pipe(Metric.withAttributes({ operation: "list" }))).pipe(
 *   Effect.map((state) => state.count)
 * )
 * ```
 */
import { make } from "./internal/metrics.ts"

const all = make()

/**
 * The number of requests sent, including retries.
 *
 * @category metrics
 */
export const requests = all.requests

/**
 * The number of retries.
 *
 * @category metrics
 */
export const retries = all.retries

/**
 * Attempts that failed with `RateLimitError`: replies with status 429, except those of an exhausted quota.
 *
 * @category metrics
 */
export const rateLimits = all.rateLimits

/**
 * The wait for the rate limiter before an attempt, in milliseconds.
 *
 * @category metrics
 */
export const rateLimiterWait = all.rateLimiterWait

/**
 * The delay before a retry, in milliseconds.
 *
 * @category metrics
 */
export const retryDelay = all.retryDelay

/**
 * The time from sending a request to the end of its reply, in milliseconds.
 *
 * @category metrics
 */
export const duration = all.duration
