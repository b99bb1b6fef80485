/** One call of the API: through the gate, in a turn of the pace, sent and observed; again as the retry policy says. */
import * as calling from "@checkpoint-permissions/protocol/calling"
import type { Traffic } from "@checkpoint-permissions/protocol/estimates"
import type { Head, RequestFailure } from "@checkpoint-permissions/protocol/failure"
import type { HeldTooLong, Turn } from "@checkpoint-permissions/protocol/pacing"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { fromFailure } from "../../PermissionsError.ts"
import { CurrentRetryPolicy, type RetryPolicy } from "../../RetryPolicy.ts"
import type { Pace, Ticket } from "../pacing/pace.ts"
import type { Operation } from "../pacing/pacing.ts"
import { CurrentReplyObserver, observed } from "../request/replyObserver.ts"
import { CurrentRequestGate, passed } from "../request/requestGate.ts"
import type { RequestError } from "../service.ts"
import * as metrics from "./metrics.ts"
import { CurrentWithoutWaiting, type Ended, FinishInFlight, finished, type Outcome, type Restore } from "./region.ts"
import { repeated } from "./retry.ts"
import { logWaits, observerOf, waitNotices } from "./waitObserver.ts"

/** What an attempt is told of the call that it is part of, and what it tells as soon as it knows. */
export interface Attempt {
  readonly number: number
  readonly mayHaveExecuted: boolean
  readonly onReply: (head: Head, requestId: string | undefined) => void
}

export interface Call<A> {
  readonly checkpoint: string | undefined
  readonly resumeAfter?: string | undefined
  readonly attempt: (attempt: Attempt) => Effect.Effect<A, RequestFailure>
  readonly outcomeOf: (ended: Ended<A>) => Outcome
  readonly settle: calling.Settle<A>
}

/** What who finishes calls is told of one. */
const outcomeOf = <A>({ outcomeOf }: Call<A>, state: calling.State<A>): Outcome | undefined => {
  const ended = calling.outcome(state)
  if (ended === undefined) return undefined
  if ("reply" in ended) return outcomeOf(ended)
  return outcomeOf({ requestId: ended.requestId, error: fromFailure(ended.failure) })
}

/** Makes the calls of one operation. */
export const make = (operation: Operation, pace: Pace, traffic: Traffic, standard: RetryPolicy) => {
  const { onEnded, onRateLimited, onRetry, onSent } = metrics.make(operation)
  const log = logWaits()

  return <A>(call: Call<A>): Effect.Effect<A, RequestError> =>
    Effect.contextWith((context: Context.Context<never>) => {
      const { checkpoint, resumeAfter } = call
      const atOnce = Context.get(context, CurrentWithoutWaiting)
      const observeWait = observerOf(context, log)
      const policy = Context.get(context, CurrentRetryPolicy) ?? standard
      let state = calling.make<A>({ operation, checkpoint, resumeAfter, cap: Duration.toMillis(policy.cap) })
      let left: ReturnType<Traffic["sent"]> | undefined

      const resultOf = ({ last }: calling.Ended<A>): Effect.Effect<A, RequestError> =>
        "reply" in last ? Effect.succeed(last.reply) : Effect.fail(fromFailure(last.failure))

      const onReply: Attempt["onReply"] = (head, requestId) => {
        state = calling.onReply(state, head, requestId)
      }

      const onResult = (result: calling.Result<A>): Effect.Effect<A, RequestError> =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const ended = calling.onEnded(state, result, call.settle, now)
          state = ended
          const isLimited = "failure" in ended.last && ended.last.failure.kind === "RateLimitError"
          const settled = isLimited ? Effect.andThen(onRateLimited, resultOf(ended)) : resultOf(ended)
          return Effect.andThen(onEnded(ended.took), settled)
        })

      // V8 keeps what a generator function closes over until it collects its old generation, so none is made for each call
      const send = ({ at, held, waited }: Turn): Effect.Effect<A, RequestError> =>
        Effect.suspend(() => {
          state = calling.onSent(state, at, held)
          left = traffic.sent()
          const { attempts: number, mayHaveExecuted } = state
          const sent = Effect.andThen(onSent(waited), call.attempt({ number, mayHaveExecuted, onReply }))
          return Effect.matchEffect(sent, {
            onFailure: (failure) => onResult({ failure }),
            onSuccess: (reply) => onResult({ reply })
          })
        })

      const fail = ({ at, heldUntil }: HeldTooLong): Effect.Effect<A, RequestError> => {
        const ended = calling.onHeldTooLong(state, heldUntil, at)
        state = ended
        return resultOf(ended)
      }

      const leave = (ticket: Ticket): Effect.Effect<void> => {
        left?.(state.head && state.took)
        left = undefined
        return ticket.leave(calling.paceOutcome(state))
      }

      const wait = (error: RequestError, delay: number): Effect.Effect<void> =>
        Effect.gen(function* () {
          const duration = Duration.millis(delay)
          yield* Effect.logDebug(calling.retrying(state, delay)).pipe(
            Effect.annotateLogs({ operation, checkpoint, attempt: state.attempts })
          )
          yield* observeWait({ operation, reason: "retry", delay: duration, waiting: 0, error })
          yield* onRetry(delay)
          yield* Effect.sleep(duration)
          state = calling.onDelayed(state, delay)
        })

      /** What can be interrupted runs under `restore`. */
      const attempts = (restore: Restore): Effect.Effect<A, RequestError> => {
        const attempt = Effect.suspend(() => {
          const notices = waitNotices(observeWait, operation)
          const entry = { patience: calling.maxWait(state), atOnce, onNotice: notices.tell }
          const inTurn = <E>(mayGo: Effect.Effect<void, E> | undefined) =>
            Effect.acquireUseRelease(
              pace.enter(entry),
              (ticket) =>
                Effect.flatMap(restore(ticket.wait), (turn): Effect.Effect<A, RequestError | E> => {
                  if ("heldUntil" in turn) return fail(turn)
                  return mayGo === undefined ? send(turn) : Effect.andThen(mayGo, send(turn))
                }),
              leave
            )
          const sent = passed(Context.get(context, CurrentRequestGate), { operation }, restore, inTurn)
          return observed(sent, Context.get(context, CurrentReplyObserver), () => calling.reply(state), restore).pipe(
            Effect.tap(() => restore(notices.told())),
            Effect.tapError(() => restore(notices.told()))
          )
        })
        return repeated(attempt, {
          policy,
          delayOf: (wanted) => calling.retryDelay(state, wanted),
          wait: (error, delay) => restore(wait(error, delay))
        })
      }

      return finished(Context.get(context, FinishInFlight), () => outcomeOf(call, state), attempts)
    })
}
