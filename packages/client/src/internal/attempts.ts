import type { PermissionId } from "@checkpoint-permissions/core/Identifiers"
import type { Operation } from "@checkpoint-permissions/core/PermissionsError"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import { identity } from "effect/Function"
import * as MetricLabel from "effect/MetricLabel"
import * as Option from "effect/Option"
import * as ScheduleDecision from "effect/ScheduleDecision"
import * as Intervals from "effect/ScheduleIntervals"
import type * as Tracer from "effect/Tracer"
import * as Metrics from "../Metrics.ts"
import type * as Pacing from "../Pacing.ts"
import * as RetryPolicy from "../RetryPolicy.ts"
import type { AnyFiber } from "./apart.ts"
import type { Failure, RequestError } from "./failure.ts"
import { FinishInFlight } from "./finishInFlight.ts"
import * as spanAttributes from "./spanAttributes.ts"

/** One call of the API, to be attempted until it succeeds or must not be attempted again. */
export interface Call<A> {
  readonly operation: Operation
  /** Of the operation. */
  readonly span: Tracer.Span
  readonly checkpoint: string
  readonly resumeAfter?: PermissionId | undefined
  /** One attempt; tells what the pace should learn from it as soon as it knows. */
  readonly attempt: (tell: (outcome: Pacing.Outcome) => void) => Effect.Effect<A, Failure>
  /** Makes a success of a failure that only says that an earlier attempt was carried out. */
  readonly settle?: (error: RequestError) => Option.Option<A>
  /** The same for a reply that worked. */
  readonly settleReply?: (reply: A) => A
}

const unknown: Pacing.Outcome = { status: "unknown" }

/** A run of attempts: paced, counted, and repeated when the policy says when and the error says that it may. */
export const make = (operation: "list" | "create" | "delete", pace: Pacing.Pace, standard: RetryPolicy.RetryPolicy) => {
  /** The labels of the metrics, always the same object: a metric that is told them finds its state by that. */
  const own = [MetricLabel.make("operation", operation)]
  const labelsIn = (fiber: AnyFiber): ReadonlyArray<MetricLabel.MetricLabel> => {
    const labels = fiber.getFiberRef(FiberRef.currentMetricLabels)
    return labels.length === 0 ? own : Arr.union(own, labels)
  }

  /** One attempt, after which the pace is told what became of it. */
  const once = <A>(call: Call<A>): Effect.Effect<A, Failure> =>
    Effect.suspend(() => {
      let outcome = unknown
      return Effect.ensuring(
        call.attempt((told) => {
          outcome = told
        }),
        Effect.suspend(() => pace.report(outcome))
      )
    })

  return <A>(call: Call<A>): Effect.Effect<A, RequestError> =>
    Effect.withFiberRuntime((fiber) => {
      const { currentContext } = fiber
      const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
      const labels = labelsIn(fiber)
      const policy = Option.getOrElse(Context.get(currentContext, RetryPolicy.CurrentRetryPolicy), () => standard)
      const wait = Context.get(currentContext, FinishInFlight) ? Effect.interruptible : identity
      const startedAt = clock.unsafeCurrentTimeMillis()
      let state: unknown = policy.schedule.initial
      let attempts = 0
      let firstSentAt: number | undefined
      let paced = 0
      let doubtful = false

      const attempt: Effect.Effect<A, RequestError> = Effect.flatMap(wait(pace.take), (turn) => {
        const waited = Duration.toMillis(turn)
        paced += waited
        attempts += 1
        const sentAt = clock.unsafeCurrentTimeMillis()
        firstSentAt ??= sentAt
        Metrics.requests.unsafeUpdate(1, labels)
        const ended = (): number => {
          const now = clock.unsafeCurrentTimeMillis()
          Metrics.paceWait.unsafeUpdate(waited, labels)
          Metrics.duration.unsafeUpdate(now - sentAt, labels)
          return now
        }
        return Effect.matchEffect(once(call), {
          onSuccess: (reply) => {
            ended()
            spanAttributes.annotate(call.span, { attempt: attempts })
            return Effect.succeed(doubtful && call.settleReply !== undefined ? call.settleReply(reply) : reply)
          },
          onFailure: (failure) => Effect.withParentSpan(failed(failure, ended(), firstSentAt ?? sentAt), call.span)
        })
      })

      const failed = (failure: Failure, now: number, firstSentAt: number): Effect.Effect<A, RequestError> => {
        const error = failure({
          operation: call.operation,
          checkpoint: call.checkpoint,
          attempts,
          waited: Duration.millis(now - firstSentAt),
          resumeAfter: call.resumeAfter,
          mayHaveExecuted: doubtful
        })
        spanAttributes.annotate(call.span, { attempt: attempts, status: error.status, request_id: error.requestId })
        if (error._tag === "RateLimited") Metrics.rateLimits.unsafeUpdate(1, labels)
        const settled = doubtful && call.settle !== undefined ? call.settle(error) : Option.none()
        if (Option.isSome(settled)) return Effect.succeed(settled.value)
        doubtful = error.mayHaveExecuted
        if (!error.isRetryable) return Effect.fail(error)
        return Effect.flatMap(policy.schedule.step(now, error, state), ([next, , decision]) => {
          state = next
          if (ScheduleDecision.isDone(decision)) return Effect.fail(error)
          const asked = error.retryAfter === undefined ? 0 : Duration.toMillis(error.retryAfter)
          const delay = Math.max(0, asked, Intervals.start(decision.intervals) - now)
          return now - startedAt - paced + delay > Duration.toMillis(policy.cap)
            ? Effect.fail(error)
            : again(error, delay)
        })
      }

      const again = (error: RequestError, delay: number): Effect.Effect<A, RequestError> =>
        Effect.logDebug(`trying again in ${Duration.format(Duration.millis(delay))}: ${error.message}`).pipe(
          Effect.annotateLogs({ operation: call.operation, checkpoint: call.checkpoint, attempt: attempts }),
          Effect.zipRight(
            Effect.suspend(() => {
              Metrics.retries.unsafeUpdate(1, labels)
              Metrics.retryDelay.unsafeUpdate(delay, labels)
              return wait(Effect.sleep(Duration.millis(delay)))
            })
          ),
          Effect.zipRight(attempt)
        )

      return attempt
    })
}
