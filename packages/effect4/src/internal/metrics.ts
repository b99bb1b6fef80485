/**
 * The metrics, with the attributes of an operation or without. The attributes are part of a metric, since
 * `Metric.withAttributes` makes the key of its series again at each update.
 */
import * as Metric from "effect/Metric"

const boundaries = Metric.exponentialBoundaries({ start: 1, factor: 2, count: 22 })

export const make = (attributes: { readonly operation?: string } = {}) => {
  const counter = (name: string, description: string) =>
    Metric.counter(name, { description, incremental: true, attributes })

  const histogram = (name: string, description: string) =>
    Metric.histogram(name, { description, boundaries, attributes })

  return {
    requests: counter("checkpoint_permissions_requests_total", "Requests sent, each attempt counted"),
    retries: counter("checkpoint_permissions_retries_total", "Retries"),
    rateLimits: counter("checkpoint_permissions_rate_limits_total", "Attempts that failed with RateLimitError"),
    rateLimiterWait: histogram(
      "checkpoint_permissions_rate_limiter_wait_milliseconds",
      "Wait for the rate limiter before an attempt"
    ),
    retryDelay: histogram("checkpoint_permissions_retry_delay_milliseconds", "Delay before a retry"),
    duration: histogram(
      "checkpoint_permissions_request_duration_milliseconds",
      "Time from sending a request until its reply is read"
    )
  }
}
