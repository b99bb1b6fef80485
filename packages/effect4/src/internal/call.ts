/** One call of the API: it waits for a permit, is sent and observed, and is repeated by the retry policy. */
import * as calling from "@checkpoint-permissions/protocol/calling"
import type { Traffic } from "@checkpoint-permissions/protocol/estimates"
import type { Head, RequestFailure } from "@checkpoint-permissions/protocol/failure"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import { fromFailure } from "../PermissionsError.ts"
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
import * as metrics from "./metrics.ts"
import * as observing from "./observing.ts"
import type { Settings } from "./options.ts"
import type { RequestError } from "./service.ts"

/** An attempt within its call, and a callback for the head of the reply. */
export interface Attempt {
  /** Counted from 1. */
  readonly number: number
  /** True if an earlier attempt may have been executed. */
  readonly mayHaveExecuted: boolean
  /** Returns the time of the call's clock, in milliseconds. */
  readonly now: () => number
  readonly onReply: (head: Head, requestId: string | undefined) => void
}

export interface Call<A, E extends RequestError> {
  readonly checkpoint: string | undefined
  /** The id at which the listing of the call can be resumed. */
  readonly resumeAfter?: string | undefined
  readonly attempt: (attempt: Attempt) => Effect.Effect<A, RequestFailure>
  readonly outcomeOf: (ended: Ended<A>) => Outcome
  readonly resolveWrite: calling.ResolveWrite<A>
  readonly fail: (failure: RequestFailure) => Effect.Effect<never, E>
}

const durationOf = (millis: number | undefined) => (millis === undefined ? undefined : Duration.millis(millis))

const permitOutcome = <A>(state: calling.State<A>): PermitOutcome | undefined => {
  const outcome = calling.permitOutcome(state)
  if (outcome === undefined) return undefined
  const { reset, retryAfter, status, ...rest } = outcome
  return { _tag: status, ...rest, reset: durationOf(reset), retryAfter: durationOf(retryAfter) }
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
  Effect.catch(attempt, (first) => {
    let next: typeof attempt = Effect.fail(first)
    const again = Effect.suspend(() => {
      const now = next
      next = attempt
      return now
    })
    const schedule = policy.schedule.pipe(
      Schedule.setInputType<RequestError>(),
      Schedule.modifyDelay(({ duration }) => Effect.succeed(delayOf(Duration.toMillis(duration)) ?? Duration.infinity)),
      Schedule.while(({ duration }) => Duration.isFinite(duration)),
      Schedule.tap(({ duration, input }) => wait(input, Duration.toMillis(duration))),
      Schedule.modifyDelay(() => Effect.succeed(Duration.zero))
    )
    return Effect.retry(again, schedule)
  })

/** Makes the calls of one operation. */
export const make = (operation: Operation, limiter: OperationLimiter, traffic: Traffic, settings: Settings) => {
  const { duration, rateLimiterWait, rateLimits, requests, retries, retryDelay } = metrics.make({ operation })
  const log = settings.logWaits ? observing.logWaits() : () => Effect.void

  return <A, E extends RequestError>(call: Call<A, E>): Effect.Effect<A, E> =>
    Effect.contextWith((context: Context.Context<never>) => {
      const { checkpoint, resumeAfter } = call
      const { maxWait, onReply: observeReply, onWait, retry, urgent = false } = Context.get(context, CurrentCallOptions)
      const clock = Context.get(context, Clock.Clock)
      const now = () => clock.currentTimeMillisUnsafe()
      const finish = Context.get(context, FinishInFlight)
      const policy = policyOf(retry ?? settings.retry, settings.retry)
      let state = calling.make<A>({
        operation,
        checkpoint,
        resumeAfter,
        cap: Duration.toMillis(policy.cap),
        maxWait: maxWait === undefined ? undefined : Duration.toMillis(Duration.fromInputUnsafe(maxWait))
      })

      const ended = (done: calling.Ended<A>): Effect.Effect<A, E> => {
        state = done
        return "reply" in done.last ? Effect.succeed(done.last.reply) : call.fail(done.last.failure)
      }

      const onResult = (result: calling.Result<A>): Effect.Effect<calling.Ended<A>> => {
        const done = calling.onEnded(state, result, call.resolveWrite, now())
        state = done
        const isLimited = "failure" in done.last && done.last.failure.kind === "RateLimitError"
        const onEnded = Metric.update(duration, done.took)
        return Effect.as(isLimited ? Effect.andThen(onEnded, Metric.update(rateLimits, 1)) : onEnded, done)
      }

      // V8 keeps the variables of a generator function until it collects its old generation, so no generator is made
      // per call
      const send = (waited: number, paused: Duration.Duration): Effect.Effect<calling.Ended<A>> => {
        state = calling.onSent(state, now(), Duration.toMillis(paused))
        const { attempts: number, mayHaveExecuted } = state
        const left = traffic.sent()
        const onReply: Attempt["onReply"] = (head, requestId) => {
          state = calling.onReply(state, head, requestId)
        }
        const sent = Metric.update(requests, 1).pipe(
          Effect.andThen(Metric.update(rateLimiterWait, waited)),
          Effect.andThen(call.attempt({ number, mayHaveExecuted, now, onReply }))
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
          yield* Metric.update(retries, 1)
          yield* Metric.update(retryDelay, delay)
          yield* Effect.sleep(wait.delay)
          state = calling.onDelayed(state, delay)
        })

      /**
       * Sends with a permit. In `finishInFlight`, the wait for it runs under `restore`, and a request that has started is
       * not interrupted. Its result counts even if an interruption takes effect before the limiter has ended.
       */
      const attemptOf = (restore: Restore, observe: (wait: Wait) => Effect.Effect<void>): Effect.Effect<A, E> => {
        const enteredAt = now()
        let isSent = false
        let done: calling.Ended<A> | undefined
        const request = (paused = Duration.zero) =>
          Effect.suspend(() => {
            if (isSent) return Effect.die(new Error("a rate limiter ran a request twice"))
            isSent = true
            const sent = send(Math.max(0, now() - enteredAt), paused)
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
          onWait: (wait: LimiterWait) => observe({ operation, ...wait }),
          outcome: () => permitOutcome(state)
        })
        const result =
          finish === undefined
            ? permitted
            : Effect.catchCause(restore(permitted), (cause) =>
                done !== undefined && Cause.hasInterruptsOnly(cause) ? Effect.succeed(done) : Effect.failCause(cause)
              )
        return Effect.matchEffect(result, {
          onFailure: ({ retryAfter }) => ended(calling.onPausedTooLong(state, Duration.toMillis(retryAfter), now())),
          onSuccess: ended
        })
      }

      /** Runs all attempts. Interruptible parts run under `restore`. */
      const attempts = (restore: Restore): Effect.Effect<A, E> => {
        const attempt = Effect.suspend(() => {
          const observer = onWait && observing.beside(onWait)
          const observe =
            observer === undefined ? log : (wait: Wait) => Effect.andThen(log(wait), observer.observe(wait))
          const sent = attemptOf(restore, observe)
          const replied =
            observeReply === undefined
              ? sent
              : observing.afterReply(sent, observeReply, () => calling.reply(state), restore)
          return observer === undefined ? replied : observing.afterwards(replied, restore(observer.done))
        })
        return repeated(
          attempt,
          policy,
          (wanted) => calling.retryDelay(state, wanted),
          (error, delay) => restore(waitToRetry(error, delay))
        )
      }

      const outcome = (): Outcome | undefined => {
        const ended = calling.outcome(state, (failure) => fromFailure(failure))
        return ended && call.outcomeOf(ended)
      }
      return finished(finish, outcome, attempts)
    })
}
