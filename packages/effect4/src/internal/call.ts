/** One call of the API: it waits for a permit, is sent and observed, and is repeated by the retry policy. */
import * as calling from "@checkpoint-permissions/protocol/calling"
import type { Traffic } from "@checkpoint-permissions/protocol/estimates"
import type { Head, RequestFailure } from "@checkpoint-permissions/protocol/failure"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Pull from "effect/Pull"
import * as Schedule from "effect/Schedule"
import { fromFailure } from "../PermissionsError.ts"
import { CurrentCallOptions, type Ended, FinishInFlight, type Outcome, policyOf, type Wait } from "./callOptions.ts"
import type { LimiterWait, Operation, OperationLimiter, PermitOutcome } from "./limiter.ts"
import * as metrics from "./metrics.ts"
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
  /** Returns the time of the call's clock, in milliseconds. */
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

/** Makes the calls of one operation. */
export const make = (operation: Operation, limiter: OperationLimiter, traffic: Traffic, settings: Settings) => {
  const { duration, rateLimiterWait, rateLimits, requests, retries, retryDelay } = metrics.make({ operation })
  const log = settings.logWaits ? observing.logWaits() : () => Effect.void

  return <A, E extends RequestError>(call: Call<A, E>): Effect.Effect<A, E> =>
    Effect.contextWith((context: Context.Context<never>) => {
      const { checkpoint, resumeAfter } = call
      const {
        deadlineAt: deadline,
        onReply: observeReply,
        onWait,
        retry,
        urgent = false
      } = Context.get(context, CurrentCallOptions)
      const clock = Context.get(context, Clock.Clock)
      const now = () => clock.currentTimeMillisUnsafe()
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
        const onEnded = Metric.update(duration, last.took)
        return Effect.as(isLimited ? Effect.andThen(onEnded, Metric.update(rateLimits, 1)) : onEnded, last)
      }

      // V8 keeps the variables of a generator function until it collects its old generation, so no generator is made
      // per call
      const send = (waited: number, paused: Duration.Duration): Effect.Effect<calling.Ended<A>> => {
        const sentAt = now()
        state = calling.onSent(state, sentAt, Duration.toMillis(paused))
        const { attempts: number, mayHaveExecuted } = state
        const timeLeft = calling.timeLeft(state, sentAt)
        const sent = Metric.update(requests, 1).pipe(
          Effect.andThen(Metric.update(rateLimiterWait, waited)),
          Effect.andThen(call.attempt({ number, mayHaveExecuted, now, onReply, timeLeft }))
        )
        return Effect.matchEffect(sent, {
          onFailure: (failure) => onResult({ failure }),
          onSuccess: (reply) => onResult({ reply })
        })
      }

      /** Sends with a permit. In `finishInFlight`, a request that has started is not interrupted. */
      const attemptOf = (observe: (wait: Wait) => Effect.Effect<void>): Effect.Effect<calling.Ended<A>> => {
        const enteredAt = now()
        let late = calling.beforeAttempt(state, enteredAt)
        if (late !== undefined) return ended(late)
        let isSent = false
        let left: ReturnType<Traffic["sent"]> | undefined
        const request = (paused = Duration.zero) =>
          Effect.suspend(() => {
            if (isSent) return Effect.die(new Error("a rate limiter ran a request twice"))
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
          onWait: (wait: LimiterWait) => observe({ operation, ...wait }),
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
        return Effect.catch(inTime, ({ retryAfter }) =>
          isSent && calling.isEnded(state)
            ? Effect.succeed(state)
            : ended(calling.onNotPermitted(state, Duration.toMillis(retryAfter), now()))
        )
      }

      const observeRetry = (error: RequestError, delay: number): Effect.Effect<void> =>
        Effect.gen(function* () {
          const wait: Wait = { operation, reason: "retry", delay: Duration.millis(delay), waiting: 0, error }
          yield* Effect.logDebug(calling.retrying(state, delay)).pipe(
            Effect.annotateLogs({ operation, checkpoint, attempt: state.attempts })
          )
          yield* log(wait)
          if (onWait !== undefined) yield* onWait(wait)
          yield* Metric.update(retries, 1)
          yield* Metric.update(retryDelay, delay)
        })

      const attempts = (): Effect.Effect<A, E> => {
        const send = (from: calling.State<A>) =>
          Effect.suspend(() => {
            state = from
            const observer = onWait && observing.beside(onWait)
            const observe =
              observer === undefined ? log : (wait: Wait) => Effect.andThen(log(wait), observer.observe(wait))
            const sent = attemptOf(observe)
            const replied =
              observeReply === undefined ? sent : observing.afterReply(sent, observeReply, () => calling.reply(state))
            return observer === undefined
              ? replied
              : Effect.ensuring(observing.afterwards(replied, observer.done), observer.stop)
          })
        const resultOf = (ended: calling.Ended<A>): Effect.Effect<A, E> => {
          state = ended
          return "reply" in ended.last ? Effect.succeed(ended.last.reply) : call.fail(ended.last.failure)
        }

        /** Repeats a failed attempt. Most calls succeed with the first one, without this program. */
        const repeat = (failed: calling.Ended<A>) =>
          Effect.flatMap(Schedule.toStep(policy.schedule), (step) => {
            let error: RequestError
            const calls: calling.Calls<Effect.Effect<unknown>, A> = {
              now,
              send,
              nextDelay: (failure) =>
                Effect.suspend(() => {
                  error = fromFailure(failure)
                  return Effect.map(step(now(), error), ([, delay]): number | undefined => Duration.toMillis(delay))
                }).pipe(Pull.catchDone(() => Effect.succeed(undefined))),
              onWait: (delay) => observeRetry(error, delay),
              sleep: Effect.sleep
            }
            return Effect.flatMap(
              Effect.gen(() => calling.repeat(failed, calls)),
              resultOf
            )
          })
        return Effect.flatMap(send(state), (first) => ("reply" in first.last ? resultOf(first) : repeat(first)))
      }

      const outcome = (): Outcome | undefined => {
        const ended = calling.outcome(state, (failure) => fromFailure(failure))
        return ended && call.outcomeOf(ended)
      }
      return finish === undefined
        ? attempts()
        : Effect.ensuring(
            attempts(),
            Effect.suspend(() => {
              const told = outcome()
              return told === undefined ? Effect.void : finish(told)
            })
          )
    })
}
