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
import * as Schedule from "effect/Schedule"
import * as ScheduleDecision from "effect/ScheduleDecision"
import type { RetryPolicy } from "../RetryPolicy.ts"
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

/** An attempt within its call, and a callback for the head of the reply. */
export interface Attempt {
  /** Counted from 1. */
  readonly number: number
  /** True if an earlier attempt may have been executed. */
  readonly mayHaveExecuted: boolean
  readonly now: () => number
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

/**
 * Repeats an attempt by a policy. `delayOf` receives the delay of the policy, and returns the delay to use, or
 * `undefined` to end.
 */
const repeated = <A, E extends RequestError>(
  attempt: Effect.Effect<A, E>,
  policy: RetryPolicy,
  delayOf: (wanted: number) => number | undefined,
  wait: (error: RequestError, delay: number) => Effect.Effect<void>
): Effect.Effect<A, E> =>
  // most calls need one attempt, so the schedule is made after a first failure
  Effect.catchAll(attempt, (first) => {
    let last: RequestError = first
    let next: typeof attempt = Effect.fail(first)
    const again = Effect.suspend(() => {
      const now = next
      next = attempt
      return now
    })
    const when: Schedule.Schedule<unknown, RequestError> = policy.schedule
    const schedule = when.pipe(
      Schedule.passthrough,
      Schedule.modifyDelay((error, delay) => {
        last = error
        return delayOf(Duration.toMillis(delay)) ?? Duration.infinity
      }),
      Schedule.delays,
      Schedule.whileOutput(Duration.isFinite),
      Schedule.onDecision((delay, decision) =>
        ScheduleDecision.isContinue(decision) ? wait(last, Duration.toMillis(delay)) : Effect.void
      ),
      Schedule.modifyDelay(() => Duration.zero)
    )
    return Effect.retry(again, schedule)
  })

/** Makes the calls of one operation. */
export const make = (operation: Operation, limiter: OperationLimiter, traffic: Traffic, settings: Settings) => {
  const { onEnded, onRateLimited, onRetry, onSent } = counters(operation)
  const log = settings.logWaits ? observing.logWaits() : () => Effect.void

  return <A, E extends RequestError>(call: Call<A, E>): Effect.Effect<A, E> =>
    Effect.contextWithEffect((context: Context.Context<never>) =>
      Effect.clockWith((clock) => {
        const { checkpoint, inSpan, resumeAfter } = call
        const {
          maxWait,
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
          maxWait: maxWait === undefined ? undefined : Duration.toMillis(maxWait)
        })

        const ended = (now: calling.Ended<A>): Effect.Effect<A, E> => {
          state = now
          return "reply" in now.last ? Effect.succeed(now.last.reply) : inSpan(call.fail(now.last.failure))
        }

        const onReply: Attempt["onReply"] = (head, requestId) => {
          state = calling.onReply(state, head, requestId)
        }

        const onResult = (result: calling.Result<A>): Effect.Effect<calling.Ended<A>> => {
          const now = calling.onEnded(state, result, call.resolveWrite, clock.unsafeCurrentTimeMillis())
          state = now
          const isLimited = "failure" in now.last && now.last.failure.kind === "RateLimitError"
          return Effect.as(isLimited ? Effect.zipRight(onEnded(now.took), onRateLimited) : onEnded(now.took), now)
        }

        // V8 keeps the variables of a generator function until it collects its old generation, so no generator is made
        // per call
        const send = (waited: number, paused: Duration.Duration): Effect.Effect<calling.Ended<A>> => {
          state = calling.onSent(state, clock.unsafeCurrentTimeMillis(), Duration.toMillis(paused))
          const { attempts: number, mayHaveExecuted } = state
          const left = traffic.sent()
          const sent = Effect.zipRight(
            onSent(waited),
            call.attempt({ number, mayHaveExecuted, onReply, now: () => clock.unsafeCurrentTimeMillis() })
          )
          return Effect.matchEffect(sent, {
            onFailure: (failure) => onResult({ failure }),
            onSuccess: (reply) => onResult({ reply })
          }).pipe(Effect.ensuring(Effect.sync(() => left(state.head && state.took))))
        }

        const waitToRetry = (error: RequestError, delay: number): Effect.Effect<void> =>
          Effect.gen(function* () {
            const wait: Wait = { operation, reason: "retry", delay: Duration.millis(delay), waiting: 0, error }
            yield* Effect.logDebug(calling.retrying(state, delay)).pipe(
              Effect.annotateLogs({ operation, checkpoint, attempt: state.attempts })
            )
            yield* log(wait)
            if (onWait !== undefined) yield* onWait(wait)
            yield* onRetry(delay)
            yield* Effect.sleep(wait.delay)
            state = calling.onDelayed(state, delay)
          })

        /**
         * Sends with a permit. In `finishInFlight`, the wait for it runs under `restore`, and a request that has started is
         * not interrupted. Its result counts even if an interruption takes effect before the limiter has ended.
         */
        const attemptOf = (restore: Restore, observe: (wait: Wait) => Effect.Effect<void>): Effect.Effect<A, E> => {
          const enteredAt = clock.unsafeCurrentTimeMillis()
          let isSent = false
          let done: calling.Ended<A> | undefined
          const request = (paused = Duration.zero) =>
            Effect.suspend(() => {
              if (isSent) return Effect.dieMessage("a rate limiter ran a request twice")
              isSent = true
              const sent = send(Math.max(0, clock.unsafeCurrentTimeMillis() - enteredAt), paused)
              if (finish === undefined) return sent
              const kept = Effect.map(sent, (ended) => {
                done = ended
                return ended
              })
              return Effect.uninterruptible(kept)
            })
          const permitted = limiter.withPermit(request, {
            maxPause: Duration.millis(calling.maxWait(state)),
            maxWait: Duration.infinity,
            urgent,
            onWait: (wait: LimiterWait) => inSpan(observe({ operation, ...wait })),
            outcome: () => permitOutcome(state)
          })
          const result =
            finish === undefined
              ? permitted
              : Effect.catchAllCause(restore(permitted), (cause) =>
                  done !== undefined && Cause.isInterruptedOnly(cause) ? Effect.succeed(done) : Effect.failCause(cause)
                )
          return Effect.matchEffect(result, {
            onFailure: ({ retryAfter }) =>
              ended(calling.onPausedTooLong(state, Duration.toMillis(retryAfter), clock.unsafeCurrentTimeMillis())),
            onSuccess: ended
          })
        }

        /** Runs all attempts. Waits and observers can be interrupted: they run under `restore`. */
        const attempts = (restore: Restore): Effect.Effect<A, E> => {
          const beside: Restore = (self) => restore(inSpan(self))
          const attempt = Effect.suspend(() => {
            const observer = onWait && observing.beside(onWait)
            const observe =
              observer === undefined ? log : (wait: Wait) => Effect.zipRight(log(wait), observer.observe(wait))
            const sent = attemptOf(restore, observe)
            const replied =
              observeReply === undefined
                ? sent
                : observing.afterReply(sent, observeReply, () => calling.reply(state), beside)
            return observer === undefined ? replied : observing.afterwards(replied, restore(observer.done))
          })
          return repeated(
            attempt,
            policy,
            (wanted) => calling.retryDelay(state, wanted),
            (error, delay) => beside(waitToRetry(error, delay))
          )
        }

        const outcome = (): Outcome | undefined => {
          const ended = calling.outcome(state, (failure) => fromFailure(failure))
          return ended && call.outcomeOf(ended)
        }
        return finished(finish, outcome, attempts)
      })
    )
}
