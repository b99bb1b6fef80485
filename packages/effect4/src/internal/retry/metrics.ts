import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Metrics from "../../Metrics.ts"
import type { Operation } from "../pacing/pacing.ts"

/** What is counted of the calls of one operation. Times are milliseconds. */
export const make = (operation: Operation) => {
  const of = Metric.withAttributes({ operation })
  const requests = of(Metrics.requests)
  const paceWait = of(Metrics.paceWait)
  const retries = of(Metrics.retries)
  const retryDelay = of(Metrics.retryDelay)
  const duration = of(Metrics.duration)
  return {
    onSent: (waited: number) => Effect.andThen(Metric.update(requests, 1), Metric.update(paceWait, waited)),
    onEnded: (took: number) => Metric.update(duration, took),
    onRateLimited: Metric.update(of(Metrics.rateLimits), 1),
    onRetry: (delay: number) => Effect.andThen(Metric.update(retries, 1), Metric.update(retryDelay, delay))
  }
}
