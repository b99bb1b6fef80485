/** One call of the API: it waits for a permit, is sent and observed, and is repeated by the retry policy. */
import { fromFailure } from "@checkpoint-permissions/core/PermissionsError"
import * as calling from "@checkpoint-permissions/protocol/calling"
import type { Traffic } from "@checkpoint-permissions/protocol/estimates"
import type { Head, RequestFailure } from "@checkpoint-permissions/protocol/failure"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricKey from "effect/MetricKey"
import type * as MetricKeyType from "effect/MetricKeyType"
import type * as Schedule from "effect/Schedule"
import * as ScheduleDecision from "effect/ScheduleDecision"
import * as Intervals from "effect/ScheduleIntervals"
import type { YieldWrap } from "effect/Utils"
import {
  CurrentCallOptions,
  type Ended,
  FinishInFlight,
  finished,
  type Outcome,
  policyOf,
  type Restore,
  type Wait
} from "./callOptions.ts"
import type { LimiterWait, Operation, OperationLimiter, PermitOutcome } from "./limiter.ts"
import * as keys from "./metricKeys.ts"
import * as observing from "./observing.ts"
import type { Settings } from "./options.ts"
import type { RequestError } from "./service.ts"
import { startWithin } from "./timeouts.ts"

/** An attempt within its call, and a callback for the head of the reply. */
export interface Attempt {
  /** Counted from 1. */
  readonly number: number
  /** True if an earlier attempt may have been executed. */
  readonly mayHaveExecuted: boolean
  readonly now: () => number
  /** The time until the deadline, in milliseconds. */
  readonly timeLeft: number
  readonly onReply: (head: Head, requestId: string | undefined) => void
}

export interface Call<A, E extends RequestError> {
  readonly checkpoint: string | undefined
  /** The id at which the listing of the call can be resumed. */
  readonly resumeAfter?: string | undefined
  readonly attempt: (attempt: Attempt) => Effect.Effect<A, RequestFailure>
  /** Runs an effect in the span of the operation, as a sibling of the attempts. */
  readonly inSpan: <B, E>(self: Effect.Effect<B, E>) => Effect.Effect<B, E>
  readonly outcomeOf: (ended: Ended<A>) => Outcome
  readonly resolveWrite: calling.ResolveWrite<A>
  readonly fail: (failure: RequestFailure) => Effect.Effect<never, E>
}

const duration = (millis: number | undefined) => (millis === undefined ? undefined : Duration.millis(millis))

const permitOutcome = <A>(state: calling.State<A>): PermitOutcome | undefined => {
  const outcome = calling.permitOutcome(state)
  if (outcome === undefined) return undefined
  const { reset, retryAfter, status, ...rest } = outcome
  return { _tag: status, ...rest, reset: duration(reset), retryAfter: duration(retryAfter) }
}

/** Counts the calls of one operation. Times are milliseconds. */
const counters = (operation: Operation) => {
  const of = <Type extends MetricKeyType.MetricKeyType.Untyped>(key: MetricKey.MetricKey<Type>) =>
    Metric.fromMetricKey(MetricKey.tagged(key, "operation", operation))
  const sent = Metric.zip(of(keys.requests), of(keys.rateLimiterWait))
  const retried = Metric.zip(of(keys.retries), of(keys.retryDelay))
  const ended = of(keys.duration)
  return {
    onSent: (waited: number) => Metric.update(sent, [1, waited]),
    onEnded: (took: number) => Metric.update(ended, took),
    onRateLimited: Metric.update(of(keys.rateLimits), 1),
    onRetry: (delay: number) => Metric.update(retried, [1, delay])
  }
}

/** Makes the calls of one operation. */
export const make = (operation: Operation, limiter: OperationLimiter, traffic: Traffic, settings: Settings) => {
  const { onEnded, onRateLimited, onRetry, onSent } = counters(operation)
  const log = settings.logWaits ? observing.logWaits() : () => Effect.void

  return <A, E extends RequestError>(call: Call<A, E>): Effect.Effect<A, E> =>
    Effect.contextWithEffect((context: Context.Context<never>) =>
      Effect.clockWith((clock) => {
        const now = () => clock.unsafeCurrentTimeMillis()
        const { checkpoint, inSpan, resumeAfter } = call
        const {
          deadlineAt: deadline,
          onReply: observeReply,
          onWait,
          retry,
          urgent = false
        } = Context.get(context, CurrentCallOptions)
        const finish = Context.get(context, FinishInFlight)
        const policy = policyOf(retry ?? settings.retry, settings.retry)
        let state = calling.make<A>({
          operation,
          checkpoint,
          resumeAfter,
          cap: Duration.toMillis(policy.cap),
          deadline
        })

        const ended = (last: calling.Ended<A>): Effect.Effect<calling.Ended<A>> => {
          state = last
          return Effect.succeed(last)
        }

        const onReply: Attempt["onReply"] = (head, requestId) => {
          state = calling.onReply(state, head, requestId)
        }

        const onResult = (result: calling.Result<A>): Effect.Effect<calling.Ended<A>> => {
          const last = calling.onEnded(state, result, call.resolveWrite, now())
          state = last
          const isLimited = "failure" in last.last && last.last.failure.kind === "RateLimitError"
          return Effect.as(isLimited ? Effect.zipRight(onEnded(last.took), onRateLimited) : onEnded(last.took), last)
        }

        // V8 keeps the variables of a generator function until it collects its old generation, so no generator is made
        // per call
        const send = (waited: number, paused: Duration.Duration): Effect.Effect<calling.Ended<A>> => {
          const sentAt = now()
          state = calling.onSent(state, sentAt, Duration.toMillis(paused))
          const { attempts: number, mayHaveExecuted } = state
          const timeLeft = calling.timeLeft(state, sentAt)
          const sent = Effect.zipRight(
            onSent(waited),
            call.attempt({ number, mayHaveExecuted, onReply, now, timeLeft })
          )
          return Effect.matchEffect(sent, {
            onFailure: (failure) => onResult({ failure }),
            onSuccess: (reply) => onResult({ reply })
          })
        }

        /**
         * Sends with a permit. In `finishInFlight`, the wait for it runs under `restore`, and a request that has started is
         * not interrupted. Its result counts even if an interruption takes effect before the limiter has ended.
         */
        const attemptOf = (
          restore: Restore,
          observe: (wait: Wait) => Effect.Effect<void>
        ): Effect.Effect<calling.Ended<A>> => {
          const enteredAt = now()
          let late = calling.beforeAttempt(state, enteredAt)
          if (late !== undefined) return ended(late)
          let isSent = false
          let left: ReturnType<Traffic["sent"]> | undefined
          const request = (paused = Duration.zero) =>
            Effect.suspend(() => {
              if (isSent) return Effect.dieMessage("a rate limiter ran a request twice")
              isSent = true
              const permittedAt = now()
              late ??= calling.beforeAttempt(state, permittedAt)
              if (late !== undefined) return ended(late)
              left = traffic.sent()
              const sent = send(Math.max(0, permittedAt - enteredAt), paused)
              return finish === undefined ? sent : Effect.uninterruptible(sent)
            }).pipe(Effect.ensuring(Effect.sync(() => left?.(state.head && state.took))))
          const timeLeft = calling.timeLeft(state, enteredAt)
          const permitted = limiter.withPermit(request, {
            maxPause: Duration.millis(calling.maxPause(state)),
            maxWait: Duration.millis(timeLeft),
            urgent,
            onWait: (wait: LimiterWait) => inSpan(observe({ operation, ...wait })),
            outcome: () => permitOutcome(state)
          })
          const inTime =
            timeLeft === Number.POSITIVE_INFINITY
              ? permitted
              : startWithin(permitted, timeLeft, () => {
                  // a timer may fire before the clock reaches the deadline
                  if (!isSent) late = calling.onNotPermitted(state, 0, enteredAt + timeLeft)
                  return late && ended(late)
                })
          const result =
            finish === undefined
              ? inTime
              : Effect.catchAllCause(restore(inTime), (cause) =>
                  isSent && calling.isEnded(state) && Cause.isInterruptedOnly(cause)
                    ? Effect.succeed(state)
                    : Effect.failCause(cause)
                )
          return Effect.catchAll(result, ({ retryAfter }) =>
            isSent && calling.isEnded(state)
              ? Effect.succeed(state)
              : ended(calling.onNotPermitted(state, Duration.toMillis(retryAfter), now()))
          )
        }

        /** Runs all attempts. Waits and observers can be interrupted: they run under `restore`. */
        const attempts = (restore: Restore): Effect.Effect<A, E> => {
          const beside: Restore = (self) => restore(inSpan(self))
          const send = (from: calling.State<A>) =>
            Effect.suspend(() => {
              state = from
              const observer = onWait && observing.beside(onWait)
              const observe =
                observer === undefined ? log : (wait: Wait) => Effect.zipRight(log(wait), observer.observe(wait))
              const sent = attemptOf(restore, observe)
              const replied =
                observeReply === undefined
                  ? sent
                  : observing.afterReply(sent, observeReply, () => calling.reply(state), beside)
              return observer === undefined
                ? replied
                : Effect.ensuring(observing.afterwards(replied, restore(observer.done)), observer.stop)
            })
          const resultOf = (ended: calling.Ended<A>): Effect.Effect<A, E> => {
            state = ended
            return "reply" in ended.last ? Effect.succeed(ended.last.reply) : inSpan(call.fail(ended.last.failure))
          }

          /** Repeats a failed attempt. Most calls succeed with the first one, without this program. */
          const repeat = (failed: calling.Ended<A>): Effect.Effect<A, E> => {
            const schedule: Schedule.Schedule<unknown, RequestError> = policy.schedule
            let step: unknown = schedule.initial
            let error: RequestError
            const calls: calling.Calls<YieldWrap<Effect.Effect<unknown>>, A> = {
              now,
              send,
              nextDelay: (failure) =>
                Effect.suspend(() => {
                  const at = now()
                  error = fromFailure(failure)
                  return Effect.map(schedule.step(at, error, step), ([next, _, decision]) => {
                    step = next
                    return ScheduleDecision.isDone(decision)
                      ? undefined
                      : Math.max(0, Intervals.start(decision.intervals) - at)
                  })
                }),
              onWait: (delay) => beside(observeRetry(error, delay)),
              sleep: (delay) => restore(Effect.sleep(delay))
            }
            return Effect.flatMap(
              Effect.gen(() => calling.repeat(failed, calls)),
              resultOf
            )
          }
          return Effect.flatMap(send(state), (first) => ("reply" in first.last ? resultOf(first) : repeat(first)))
        }

        const observeRetry = (error: RequestError, delay: number): Effect.Effect<void> =>
          Effect.gen(function* () {
            const wait: Wait = { operation, reason: "retry", delay: Duration.millis(delay), waiting: 0, error }
            yield* Effect.logDebug(calling.retrying(state, delay)).pipe(
              Effect.annotateLogs({ operation, checkpoint, attempt: state.attempts })
            )
            yield* log(wait)
            if (onWait !== undefined) yield* onWait(wait)
            yield* onRetry(delay)
          })

        const outcome = (): Outcome | undefined => {
          const ended = calling.outcome(state, (failure) => fromFailure(failure))
          return ended && call.outcomeOf(ended)
        }
        return finished(finish, outcome, attempts)
      })
    )
}
