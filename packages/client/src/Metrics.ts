/**
 * What a service counts and times. Every metric carries the tag `operation` (`list`, `create` or `delete`); none holds
 * an id or the key.
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

const counter = (name: string, description: string) =>
  Metric.counter(`checkpoint_permissions_${name}_total`, { description, incremental: true })

const histogram = (name: string, description: string) =>
  Metric.histogram(`checkpoint_permissions_${name}_milliseconds`, milliseconds, description)

/**
 * Requests sent, each attempt counted.
 *
 * @category metrics
 */
export const requests = counter("requests", "Requests sent, each attempt counted")

/**
 * Attempts that were made again.
 *
 * @category metrics
 */
export const retries = counter("retries", "Attempts that were made again")

/**
 * Attempts that failed with `RateLimitError`: replies with status 429, but not those of an exhausted quota, which no
 * pace avoids.
 *
 * @category metrics
 */
export const rateLimits = counter("rate_limits", "Attempts that failed with RateLimitError")

/**
 * Milliseconds waited for the pace before an attempt.
 *
 * @category metrics
 */
export const paceWait = histogram("pace_wait", "Time waited for the pace before an attempt")

/**
 * Milliseconds waited before an attempt was made again.
 *
 * @category metrics
 */
export const retryDelay = histogram("retry_delay", "Time waited before an attempt was made again")

/**
 * Milliseconds from sending a request to having read its reply.
 *
 * @category metrics
 */
export const duration = histogram("request_duration", "Time from sending a request to having read its reply")
