/** One call of the API: attempts in their turns, repeated as the retry policy says. */
import { fromFailure } from "@checkpoint-permissions/core/PermissionsError"
import * as calling from "@checkpoint-permissions/protocol/calling"
import type { RequestFailure } from "@checkpoint-permissions/protocol/failure"
import type { Outcome } from "@checkpoint-permissions/protocol/pacing"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Metric from "effect/Metric"
import type * as Tracer from "effect/Tracer"
import * as Metrics from "../../Metrics.ts"
import { CurrentRetryPolicy, type RetryPolicy } from "../../RetryPolicy.ts"
import type { Pace, Turn } from "../pacing/pace.ts"
import { type Reply, ReplyObserver } from "../request/replyObserver.ts"
import { RequestGate } from "../request/requestGate.ts"
import type { RequestError } from "../service.ts"
import { type Restore, Waits, WithoutWaiting } from "./region.ts"
import { schedule } from "./retry.ts"
import { logWaits, type Wait, WaitObserver } from "./waitObserver.ts"

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
  /** The span of the operation. */
  readonly span: Tracer.Span
  /** Where to resume the listing that the call is part of. */
  readonly resumeAfter?: string | undefined
  readonly attempt: (attempt: Attempt) => Effect.Effect<A, RequestFailure>
  /** What a result means after an attempt that may have been executed: for a failure, the reply it stands for. */
  readonly settle?: {
    readonly reply: (reply: A, mayHaveExecuted: boolean) => A
    readonly failure: (failure: RequestFailure, mayHaveExecuted: boolean) => A | undefined
  }
}

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
      const restore: Restore = Context.get(context, Waits) ?? identity
      const atOnce = Context.get(context, WithoutWaiting)
      const gate = Context.get(context, RequestGate)
      const observeReply = Context.get(context, ReplyObserver)
      const observeWait = Context.get(context, WaitObserver) ?? log

      const state = calling.make({
        operation,
        checkpoint: call.checkpoint,
        resumeAfter: call.resumeAfter,
        cap: Duration.toMillis(policy.cap)
      })

      const send = (turn: Turn, onReply: Attempt["onReply"]): Effect.Effect<A, RequestError> =>
        Effect.flatMap(Clock.currentTimeMillis, (sentAt) => {
          calling.onSent(state, sentAt, turn.held)
          const { attempts, mayHaveExecuted } = state
          const ended = Effect.tap(Clock.currentTimeMillis, (now) =>
            Effect.zipRight(Metric.update(paceWait, turn.waited), Metric.update(duration, calling.onEnded(state, now)))
          )
          return Metric.increment(requests).pipe(
            Effect.zipRight(call.attempt({ number: attempts, mayHaveExecuted, onReply })),
            Effect.matchEffect({
              onSuccess: (reply) => Effect.as(ended, call.settle?.reply(reply, mayHaveExecuted) ?? reply),
              onFailure: (failure) =>
                Effect.flatMap(ended, (now) => {
                  const settled = call.settle?.failure(failure, mayHaveExecuted)
                  if (settled !== undefined) return Effect.succeed<A>(settled)
                  const error = fromFailure(calling.onFailure(state, failure, now))
                  const failed = Effect.fail<RequestError>(error)
                  return error._tag === "RateLimitError"
                    ? Effect.zipRight(Metric.increment(rateLimits), failed)
                    : failed
                })
            })
          )
        })

      const attempt = Effect.suspend(() => {
        let head: Reply | undefined
        let outcome: Outcome | undefined
        const onReply: Attempt["onReply"] = (newHead, newOutcome) => {
          head = newHead
          outcome = newOutcome
        }
        const patience = calling.patience(state)
        const onNotice = (notice: {
          readonly reason: Wait["reason"]
          readonly until: number
          readonly waiting: number
        }) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) =>
            observeWait({
              operation,
              reason: notice.reason,
              delay: Duration.millis(Math.ceil(Math.max(0, notice.until - now))),
              waiting: notice.waiting
            })
          )
        const paced = Effect.acquireUseRelease(
          pace.enter({ patience, atOnce, onNotice }),
          (ticket) =>
            restore(ticket.wait).pipe(
              Effect.catchTag("HeldTooLong", ({ until }) =>
                Effect.flatMap(Clock.currentTimeMillis, (now) =>
                  Effect.fail(fromFailure(calling.onHeldTooLong(state, until, now)))
                )
              ),
              Effect.tap(() => (gate === undefined ? Effect.void : restore(gate({ operation })))),
              Effect.flatMap((turn) => send(turn, onReply))
            ),
          (ticket) => ticket.leave(outcome)
        )
        if (observeReply === undefined) return paced
        const observe = Effect.suspend(() => {
          const reply = head
          head = undefined
          return reply === undefined ? Effect.void : observeReply(reply)
        })
        return paced.pipe(
          Effect.tapBoth({ onFailure: () => observe, onSuccess: () => observe }),
          Effect.onInterrupt(() => observe)
        )
      })

      const wait = (error: RequestError, delay: Duration.Duration): Effect.Effect<void> =>
        Effect.logDebug(`trying again in ${Duration.format(delay)}: ${error.message}`).pipe(
          Effect.annotateLogs({ operation, checkpoint: call.checkpoint, attempt: state.attempts }),
          Effect.zipRight(observeWait({ operation, reason: "retry", delay, waiting: 0, error })),
          Effect.zipRight(Metric.increment(retries)),
          Effect.zipRight(Metric.update(retryDelay, Duration.toMillis(delay))),
          Effect.zipRight(restore(Effect.sleep(delay))),
          Effect.zipRight(
            Effect.sync(() => {
              calling.onDelayed(state, Duration.toMillis(delay))
            })
          )
        )

      const delayOf = ({ isRetryable, retryAfter }: RequestError, wanted: number) =>
        calling.retryDelay(state, { isRetryable, retryAfter: retryAfter && Duration.toMillis(retryAfter) }, wanted)

      return Effect.retry(attempt, schedule(policy, delayOf, wait))
    })
}
