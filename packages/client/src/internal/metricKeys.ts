/**
 * The names and descriptions of the metrics. Calls add the tag `operation` to a key, since `Metric.tagged` looks up the
 * metric again at each update.
 */
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricKey from "effect/MetricKey"

const milliseconds = /* @__PURE__ */ MetricBoundaries.exponential({ start: 1, factor: 2, count: 22 })

const counter = (name: string, description: string) => MetricKey.counter(name, { description, incremental: true })

const histogram = (name: string, description: string) => MetricKey.histogram(name, milliseconds, description)

export const requests = counter("checkpoint_permissions_requests_total", "Requests sent, each attempt counted")

export const retries = counter("checkpoint_permissions_retries_total", "Retries")

export const rateLimits = counter(
  "checkpoint_permissions_rate_limits_total",
  "Attempts that failed with RateLimitError"
)

export const rateLimiterWait = histogram(
  "checkpoint_permissions_rate_limiter_wait_milliseconds",
  "Wait for the rate limiter before an attempt"
)

export const retryDelay = histogram("checkpoint_permissions_retry_delay_milliseconds", "Delay before a retry")

export const duration = histogram(
  "checkpoint_permissions_request_duration_milliseconds",
  "Time from sending a request until its reply is read"
)
