/** One call of the API: attempts in their turns, repeated as the retry policy says. */
import { fromFailure } from "@checkpoint-permissions/core/PermissionsError"
import * as calling from "@checkpoint-permissions/protocol/calling"
import type { RequestFailure } from "@checkpoint-permissions/protocol/failure"
import type { Notice, Outcome } from "@checkpoint-permissions/protocol/pacing"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { identity } from "effect/Function"
import * as Metric from "effect/Metric"
import * as Metrics from "../../Metrics.ts"
import { CurrentRetryPolicy, type RetryPolicy } from "../../RetryPolicy.ts"
import type { Pace, Turn } from "../pacing/pace.ts"
import { CurrentReplyObserver, type Reply } from "../request/replyObserver.ts"
import { CurrentRequestGate, type GateClosed, pass } from "../request/requestGate.ts"
import type { RequestError } from "../service.ts"
import { type Outcome as CallOutcome, CurrentWithoutWaiting, type Ended, FinishInFlight } from "./region.ts"
import { schedule } from "./retry.ts"
import { beside, logWaits, observerOf } from "./waitObserver.ts"

/** What an attempt is told of the call that it is part of, and what it tells as soon as it knows. */
export interface Attempt {
  /** Counted from 1. */
  readonly number: number
  /** Whether an earlier attempt may have been executed. */
  readonly mayHaveExecuted: boolean
  readonly onReply: (head: Reply, outcome: Outcome) => void
}

export interface Call<A> {
  readonly checkpoint: string
  /** Where to resume the listing that the call is part of. */
  readonly resumeAfter?: string | undefined
  readonly attempt: (attempt: Attempt) => Effect.Effect<A, RequestFailure>
  readonly outcomeOf: (ended: Ended<A>) => CallOutcome
  readonly settle: calling.Settle<A>
}

/** Runs an effect in another region of interruptibility. */
type Restore = <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** Makes the calls of one operation. */
export const make = (operation: "list" | "create" | "delete", pace: Pace, standard: RetryPolicy) => {
  const requests = Metric.tagged(Metrics.requests, "operation", operation)
  const retries = Metric.tagged(Metrics.retries, "operation", operation)
  const rateLimits = Metric.tagged(Metrics.rateLimits, "operation", operation)
  const paceWait = Metric.tagged(Metrics.paceWait, "operation", operation)
  const retryDelay = Metric.tagged(Metrics.retryDelay, "operation", operation)
  const duration = Metric.tagged(Metrics.duration, "operation", operation)
  const log = logWaits()

  return <A>(call: Call<A>): Effect.Effect<A, RequestError> =>
    Effect.contextWithEffect((context: Context.Context<never>) => {
      const policy = Context.get(context, CurrentRetryPolicy) ?? standard
      const finish = Context.get(context, FinishInFlight)
      const atOnce = Context.get(context, CurrentWithoutWaiting)
      const gate = Context.get(context, CurrentRequestGate)
      const observeReply = Context.get(context, CurrentReplyObserver)
      const observeWait = observerOf(context, log)

      let state = calling.make({
        operation,
        checkpoint: call.checkpoint,
        resumeAfter: call.resumeAfter,
        cap: Duration.toMillis(policy.cap)
      })

      const send = ({ held, waited }: Turn, onReply: Attempt["onReply"]): Effect.Effect<A, RequestError> =>
        Effect.gen(function* () {
          state = calling.onSent(state, yield* Clock.currentTimeMillis, held)
          const { attempts: number, mayHaveExecuted } = state
          yield* Metric.increment(requests)
          const result = yield* Effect.match(call.attempt({ number, mayHaveExecuted, onReply }), {
            onFailure: (failure) => ({ failure }),
            onSuccess: (reply) => ({ reply })
          })
          const ended = calling.onEnded(state, result, call.settle, yield* Clock.currentTimeMillis)
          state = ended.state
          yield* Metric.update(paceWait, waited)
          yield* Metric.update(duration, ended.took)
          if ("reply" in ended.result) return ended.result.reply
          const error = fromFailure(ended.result.failure)
          if (error._tag === "RateLimitError") yield* Metric.increment(rateLimits)
          return yield* Effect.fail(error)
        })

      /** What the last attempt failed with, and the request id of the last reply. */
      let lastError: RequestError | undefined
      let requestId: string | undefined

      /** What may be interrupted runs under `restore`. */
      const attempt = (restore: Restore): Effect.Effect<A, RequestError> =>
        Effect.suspend(() => {
          let head: Reply | undefined
          let outcome: Outcome | undefined
          const onReply: Attempt["onReply"] = (newHead, newOutcome) => {
            head = newHead
            requestId = newHead.requestId
            outcome = newOutcome
          }
          const notices = beside(observeWait)
          const onNotice = ({ reason, until, waiting }: Notice) =>
            Effect.flatMap(Clock.currentTimeMillis, (now) =>
              notices.tell({ operation, reason, delay: Duration.millis(Math.ceil(Math.max(0, until - now))), waiting })
            )
          const inTurn = (mayGo: Effect.Effect<void, GateClosed>) =>
            Effect.acquireUseRelease(
              pace.enter({ patience: calling.patience(state), atOnce, onNotice }),
              (ticket) =>
                restore(Effect.zipLeft(ticket.wait, mayGo)).pipe(
                  Effect.catchTag("HeldTooLong", ({ until }) =>
                    Effect.flatMap(Clock.currentTimeMillis, (now) => {
                      const held = calling.onHeldTooLong(state, until, now)
                      state = held.state
                      return Effect.fail(fromFailure(held.failure))
                    })
                  ),
                  Effect.flatMap((turn) => send(turn, onReply))
                ),
              (ticket) => ticket.leave(outcome)
            )
          const gated = (passed: Effect.Effect<Effect.Effect<void, GateClosed>>): Effect.Effect<A, RequestError> => {
            const sent = Effect.flatMap(restore(passed), inTurn)
            return Effect.catchTag(sent, "GateClosed", () => gated(passed))
          }
          const observe = Effect.suspend(() => {
            const reply = head
            head = undefined
            return reply === undefined || observeReply === undefined ? Effect.void : observeReply(reply)
          })
          const cut = Effect.zipRight(observe, notices.stop)
          // what the attempt came to is not lost when an observer is interrupted
          const observed = Effect.catchAllCause(restore(Effect.zipRight(observe, notices.told)), (cause) =>
            Cause.isInterruptedOnly(cause) ? cut : Effect.failCause(cause)
          )
          return gated(gate === undefined ? Effect.succeed(Effect.void) : pass(gate, { operation })).pipe(
            Effect.tapBoth({ onFailure: () => observed, onSuccess: () => observed }),
            Effect.onInterrupt(() => cut)
          )
        })

      const wait = (error: RequestError, delay: Duration.Duration): Effect.Effect<void> =>
        Effect.logDebug(`trying again in ${Duration.format(delay)}: ${error.message}`).pipe(
          Effect.annotateLogs({ operation, checkpoint: call.checkpoint, attempt: state.attempts }),
          Effect.zipRight(observeWait({ operation, reason: "retry", delay, waiting: 0, error })),
          Effect.zipRight(Metric.increment(retries)),
          Effect.zipRight(Metric.update(retryDelay, Duration.toMillis(delay))),
          Effect.zipRight(Effect.sleep(delay)),
          Effect.zipRight(
            Effect.sync(() => {
              state = calling.onDelayed(state, Duration.toMillis(delay))
            })
          )
        )

      const delayOf = ({ isRetryable, retryAfter }: RequestError, wanted: number) =>
        calling.retryDelay(state, { isRetryable, retryAfter: retryAfter && Duration.toMillis(retryAfter) }, wanted)

      const attempts = (restore: Restore): Effect.Effect<A, RequestError> => {
        const tried = Effect.tapError(attempt(restore), (error) =>
          Effect.sync(() => {
            lastError = error
          })
        )
        // most calls need one attempt, so the schedule is made after a first failure
        return Effect.catchAll(tried, (first) => {
          let next: typeof tried = Effect.fail(first)
          const again = Effect.suspend(() => {
            const now = next
            next = tried
            return now
          })
          return Effect.retry(
            again,
            schedule(policy, delayOf, (error, delay) => restore(wait(error, delay)))
          )
        })
      }
      if (finish === undefined) return attempts(identity)
      return Effect.uninterruptibleMask((restore) =>
        Effect.onExit(attempts(restore), (exit) => {
          const ended = { checkpoint: call.checkpoint, requestId }
          if (Exit.isSuccess(exit)) return finish(call.outcomeOf({ ...ended, reply: exit.value }))
          return lastError === undefined ? Effect.void : finish(call.outcomeOf({ ...ended, error: lastError }))
        })
      )
    })
}
