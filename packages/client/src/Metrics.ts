/**
 * The metrics of a service. Every metric has the tag `operation` (`list`, `create` or `delete`). None contains an id or
 * the key.
 *
 * @example
 * ```ts
 * import { Metrics } from "@checkpoint-permissions/client"
 * import { Effect, Metric } from "effect"
 *
 * const limited = Metric.value(Metrics.rateLimits.pipe(Metric.tagged("operation", "list"))).pipe(
 *   Effect.map((state) => state.count)
 * )
 * ```
 *
 * @since 0.1.0
 */
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"

const milliseconds = MetricBoundaries.exponential({ start: 1, factor: 2, count: 22 })

const counter = (name: string, description: string) => Metric.counter(name, { description, incremental: true })

const histogram = (name: string, description: string) => Metric.histogram(name, milliseconds, description)

/**
 * The number of requests sent, including retries.
 *
 * @category metrics
 */
export const requests = counter("checkpoint_permissions_requests_total", "Requests sent, each attempt counted")

/**
 * The number of retries.
 *
 * @category metrics
 */
export const retries = counter("checkpoint_permissions_retries_total", "Retries")

/**
 * Attempts that failed with `RateLimitError`: replies with status 429, except those of an exhausted quota.
 *
 * @category metrics
 */
export const rateLimits = counter(
  "checkpoint_permissions_rate_limits_total",
  "Attempts that failed with RateLimitError"
)

/**
 * The wait for the rate limiter before an attempt, in milliseconds.
 *
 * @category metrics
 */
export const rateLimiterWait = histogram(
  "checkpoint_permissions_rate_limiter_wait_milliseconds",
  "Wait for the rate limiter before an attempt"
)

/**
 * The delay before a retry, in milliseconds.
 *
 * @category metrics
 */
export const retryDelay = histogram("checkpoint_permissions_retry_delay_milliseconds", "Delay before a retry")

/**
 * The time from sending a request to the end of its reply, in milliseconds.
 *
 * @category metrics
 */
export const duration = histogram(
  "checkpoint_permissions_request_duration_milliseconds",
  "Time from sending a request until its reply is read"
)
