/** One call of the API: it waits for a permit, is sent and observed, and is repeated by the retry policy. */

import type { Traffic } from "@checkpoint-permissions/protocol/estimates"
import type { Head, RequestFailure } from "@checkpoint-permissions/protocol/failure"
import * as retrying from "@checkpoint-permissions/protocol/retrying"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Pull from "effect/Pull"
import * as Schedule from "effect/Schedule"
import { fromFailure } from "../PermissionsError.ts"
import { CurrentCallOptions, type Ended, FinishInFlight, type Outcome, policyOf, type Wait } from "./callOptions.ts"
import type { Operation, OperationLimiter, PermitOptions } from "./limiter.ts"
import * as metrics from "./metrics.ts"
import * as observing from "./observing.ts"
import type { Settings } from "./options.ts"
import type { RequestError } from "./service.ts"

/** Calls `onLate` after `millis` milliseconds. If it returns an effect, interrupts `self` and returns its result. */
const startWithin = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  millis: number,
  onLate: () => Effect.Effect<A, E> | undefined
): Effect.Effect<A, E, R> => {
  const late = Effect.suspend(() => onLate() ?? Effect.never)
  return Effect.raceFirst(self, Effect.delay(late, millis))
}

/** An attempt within its call, and a callback for the head of the reply. */
export interface Attempt {
  /** Counted from 1. */
  readonly number: number
  /** True if an earlier attempt may have been executed. */
  readonly mayHaveExecuted: boolean
  /** Returns the time of the call's clock, in milliseconds. */
  readonly now: () => number
  /** The time limit, in milliseconds: the timeout, or the time until the deadline. */
  readonly timeLimit: number
  readonly onReply: (head: Head, requestId: string | undefined) => void
}

export interface Call<A, E extends RequestError> {
  readonly checkpoint: string | undefined
  /** The id at which the listing of the call can be resumed. */
  readonly resumeAfter?: string | undefined
  readonly attempt: (attempt: Attempt) => Effect.Effect<A, RequestFailure>
  readonly outcomeOf: (ended: Ended<A>) => Outcome
  readonly resolveWrite: retrying.ResolveWrite<A>
  readonly fail: (failure: RequestFailure) => Effect.Effect<never, E>
}

/** A call under way. Whatever ends it reads its state: a reply, a failure, an interruption. */
interface Running<A> {
  state: retrying.State<A>
  readonly now: () => number
}

const record = <A, S extends retrying.State<A>>(running: Running<A>, state: S): S => {
  running.state = state
  return state
}

/** Runs `send` when limiter and deadline permit it. Otherwise the call ends without a request. */
const permitted = <A>(
  running: Running<A>,
  limiter: OperationLimiter,
  options: Pick<PermitOptions, "onWait" | "urgent">,
  send: (waited: number, paused: Duration.Duration) => Effect.Effect<retrying.Ended<A>>
): Effect.Effect<retrying.Ended<A>> => {
  const { now, state } = running
  const refuse = (retryAfter: number, at: number) =>
    Effect.sync(() => record(running, retrying.onNotPermitted(running.state, retryAfter, at)))
  const enteredAt = now()
  const left = retrying.timeLeft(state, enteredAt)
  if (left <= 0) return refuse(0, enteredAt)
  let stage: "waiting" | "sent" | "late" = "waiting"
  const request = (paused = Duration.zero) =>
    Effect.suspend(() => {
      const at = now()
      if (stage === "sent") return Effect.die(new Error("a rate limiter ran a request twice"))
      if (stage === "late") return refuse(0, enteredAt + left)
      stage = "sent"
      return retrying.timeLeft(state, at) > 0 ? send(Math.max(0, at - enteredAt), paused) : refuse(0, at)
    })
  const sent = limiter.withPermit(request, {
    ...options,
    maxPause: Duration.millis(retrying.maxPause(state)),
    maxWait: Duration.millis(left),
    outcome: () => retrying.permitOutcome(running.state)
  })
  const inTime =
    left === Number.POSITIVE_INFINITY
      ? sent
      : startWithin(sent, left, () => {
          if (stage === "sent") return undefined
          stage = "late"
          return refuse(0, enteredAt + left)
        })
  return Effect.catch(inTime, ({ retryAfter }) => {
    const { state } = running
    return stage === "sent" && retrying.isEnded(state)
      ? Effect.succeed(state)
      : refuse(Duration.toMillis(retryAfter), now())
  })
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
        onReply,
        onWait,
        retry,
        timeout = settings.timeout,
        urgent = false
      } = Context.get(context, CurrentCallOptions)
      const clock = Context.get(context, Clock.Clock)
      const finish = Context.get(context, FinishInFlight)
      const policy = policyOf(retry ?? settings.retry, settings.retry)
      const cap = Duration.toMillis(policy.cap)
      const timeoutMillis = Duration.toMillis(timeout)
      const now = () => clock.currentTimeMillisUnsafe()
      const running: Running<A> = {
        state: retrying.make<A>({ operation, checkpoint, resumeAfter, cap, deadline }),
        now
      }

      const onResult = (result: retrying.Result<A>): Effect.Effect<retrying.Ended<A>> => {
        const ended = record(running, retrying.onEnded(running.state, result, call.resolveWrite, now()))
        const isLimited = "failure" in ended.last && ended.last.failure.kind === "RateLimitError"
        const counted = Metric.update(duration, ended.took)
        return Effect.as(isLimited ? Effect.andThen(counted, Metric.update(rateLimits, 1)) : counted, ended)
      }

      // V8 keeps the variables of a generator function until it collects its old generation, so no generator is made
      // per call
      const request = (waited: number, paused: Duration.Duration): Effect.Effect<retrying.Ended<A>> => {
        let left: ReturnType<Traffic["sent"]> | undefined
        const sent = Effect.suspend(() => {
          const sentAt = now()
          left = traffic.sent()
          const sent = record(running, retrying.onSent(running.state, sentAt, Duration.toMillis(paused)))
          const attempt = call.attempt({
            number: sent.attempts,
            mayHaveExecuted: sent.mayHaveExecuted,
            onReply: (head, requestId) => void record(running, retrying.onReply(running.state, head, requestId)),
            now,
            timeLimit: Math.min(retrying.timeLeft(sent, sentAt), timeoutMillis)
          })
          const counted = Effect.andThen(Metric.update(requests, 1), Metric.update(rateLimiterWait, waited))
          return Effect.matchEffect(Effect.andThen(counted, attempt), {
            onFailure: (failure) => onResult({ failure }),
            onSuccess: (reply) => onResult({ reply })
          })
        })
        // the finalizer is there before the request counts
        const counted = Effect.ensuring(
          sent,
          Effect.sync(() => left?.(running.state.head && running.state.took))
        )
        return finish === undefined ? counted : Effect.uninterruptible(counted)
      }

      const observer = onWait && observing.beside(onWait)
      const observe = (wait: Omit<Wait, "operation">): Effect.Effect<void> => {
        const event: Wait = { operation, ...wait }
        return observer === undefined ? log(event) : Effect.andThen(log(event), observer.observe(event))
      }

      const send = (from: retrying.State<A>): Effect.Effect<retrying.Ended<A>> => {
        record(running, from)
        const sent = permitted(running, limiter, { urgent, onWait: observe }, request)
        if (onReply === undefined) return sent
        return observing.afterReply(sent, onReply, () => retrying.reply(running.state))
      }

      const observeRetry = (error: RequestError, delay: number): Effect.Effect<void> => {
        return Effect.logDebug(retrying.retrying(running.state, delay)).pipe(
          Effect.annotateLogs({ operation, checkpoint, attempt: running.state.attempts }),
          Effect.andThen(observe({ reason: "retry", delay: Duration.millis(delay), waiting: 0, error })),
          Effect.andThen(Metric.update(retries, 1)),
          Effect.andThen(Metric.update(retryDelay, delay))
        )
      }

      /** Repeats a failed attempt. Most calls succeed with the first one, without this program. */
      const repeat = (failed: retrying.Ended<A>): Effect.Effect<retrying.Ended<A>> =>
        Effect.flatMap(Schedule.toStep(policy.schedule), (step) => {
          const calls: retrying.Calls<Effect.Effect<unknown>, A> = {
            now,
            send,
            nextDelay: (failure) =>
              Effect.suspend(() => step(now(), fromFailure(failure))).pipe(
                Effect.map(([, delay]): number | undefined => Duration.toMillis(delay)),
                Pull.catchDone(() => Effect.succeed(undefined))
              ),
            onWait: (delay, failure) => observeRetry(fromFailure(failure), delay),
            sleep: Effect.sleep
          }
          return Effect.gen(() => retrying.repeat(failed, calls))
        })

      const resultOf = (ended: retrying.Ended<A>): Effect.Effect<A, E> => {
        const { last } = record(running, ended)
        return "reply" in last ? Effect.succeed(last.reply) : call.fail(last.failure)
      }
      const result = Effect.flatMap(send(running.state), (first) =>
        "reply" in first.last ? resultOf(first) : Effect.flatMap(repeat(first), resultOf)
      )
      const observed = observer === undefined ? result : Effect.ensuring(result, observer.stop)
      if (finish === undefined) return observed
      return Effect.ensuring(
        observed,
        Effect.suspend(() => {
          const known = retrying.outcome(running.state, (failure) => fromFailure(failure))
          return known === undefined ? Effect.void : finish(call.outcomeOf(known))
        })
      )
    })
}
