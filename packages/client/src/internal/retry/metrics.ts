import * as Metric from "effect/Metric"
import * as Metrics from "../../Metrics.ts"
import type { Operation } from "../pacing/pacing.ts"

/** What is counted of the calls of one operation. Times are milliseconds. */
export const make = (operation: Operation) => {
  const of = <Type, In, Out>(metric: Metric.Metric<Type, In, Out>) => Metric.tagged(metric, "operation", operation)
  const sent = of(Metric.zip(Metrics.requests, Metrics.paceWait))
  const retried = of(Metric.zip(Metrics.retries, Metrics.retryDelay))
  const duration = of(Metrics.duration)
  return {
    onSent: (waited: number) => Metric.update(sent, [1, waited]),
    onEnded: (took: number) => Metric.update(duration, took),
    onRateLimited: Metric.update(of(Metrics.rateLimits), 1),
    onRetry: (delay: number) => Metric.update(retried, [1, delay])
  }
}
