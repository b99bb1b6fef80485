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
 */
import "./internal/installEffect3.ts"
import * as Metric from "effect/Metric"
import * as keys from "./internal/metricKeys.ts"

/**
 * The number of requests sent, including retries.
 *
 * @category metrics
 */
export const requests: Metric.Metric.Counter<number> = /* @__PURE__ */ Metric.fromMetricKey(keys.requests)

/**
 * The number of retries.
 *
 * @category metrics
 */
export const retries: Metric.Metric.Counter<number> = /* @__PURE__ */ Metric.fromMetricKey(keys.retries)

/**
 * Attempts that failed with `RateLimitError`: replies with status 429, except those of an exhausted quota.
 *
 * @category metrics
 */
export const rateLimits: Metric.Metric.Counter<number> = /* @__PURE__ */ Metric.fromMetricKey(keys.rateLimits)

/**
 * The wait for the rate limiter before an attempt, in milliseconds.
 *
 * @category metrics
 */
export const rateLimiterWait: Metric.Metric.Histogram<number> = /* @__PURE__ */ Metric.fromMetricKey(
  keys.rateLimiterWait
)

/**
 * The delay before a retry, in milliseconds.
 *
 * @category metrics
 */
export const retryDelay: Metric.Metric.Histogram<number> = /* @__PURE__ */ Metric.fromMetricKey(keys.retryDelay)

/**
 * The time from sending a request to the end of its reply, in milliseconds.
 *
 * @category metrics
 */
export const duration: Metric.Metric.Histogram<number> = /* @__PURE__ */ Metric.fromMetricKey(keys.duration)
