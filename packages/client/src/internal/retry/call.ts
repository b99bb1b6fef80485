/** One call of the API: through the gate, in a turn of the pace, sent and observed; again as the retry policy says. */
import { fromFailure } from "@checkpoint-permissions/core/PermissionsError"
import * as calling from "@checkpoint-permissions/protocol/calling"
import type { Traffic } from "@checkpoint-permissions/protocol/estimates"
import type { Head, RequestFailure } from "@checkpoint-permissions/protocol/failure"
import type { HeldTooLong, Turn } from "@checkpoint-permissions/protocol/pacing"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { CurrentCallOptions, policyOf, type Wait } from "../callOptions.ts"
import { both, type Observer } from "../observer.ts"
import type { Pace, Ticket } from "../pacing/pace.ts"
import type { Operation } from "../pacing/pacing.ts"
import { observed } from "../request/replyObserver.ts"
import { CurrentRequestGate, passed } from "../request/requestGate.ts"
import type { RequestError } from "../service.ts"
import type { Settings } from "../settings.ts"
import * as metrics from "./metrics.ts"
import { type Ended, FinishInFlight, finished, type Outcome, type Restore } from "./region.ts"
import { repeated } from "./retry.ts"
import { logWaits, waitNotices } from "./waitObserver.ts"

/** What an attempt is told of the call that it is part of, and what it tells as soon as it knows. */
export interface Attempt {
  /** Counted from 1. */
  readonly number: number
  /** Whether an earlier attempt may have been executed. */
  readonly mayHaveExecuted: boolean
  readonly onReply: (head: Head, requestId: string | undefined) => void
}

export interface Call<A> {
  readonly checkpoint: string | undefined
  /** Where to resume the listing that the call is part of. */
  readonly resumeAfter?: string | undefined
  readonly attempt: (attempt: Attempt) => Effect.Effect<A, RequestFailure>
  /** Where what is not in the span of an attempt runs: in that of the operation. */
  readonly inSpan: <B, E>(self: Effect.Effect<B, E>) => Effect.Effect<B, E>
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
export const make = (operation: Operation, pace: Pace, traffic: Traffic, settings: Settings) => {
  const { onEnded, onRateLimited, onRetry, onSent } = metrics.make(operation)
  const log = settings.logWaits ? logWaits() : undefined

  return <A>(call: Call<A>): Effect.Effect<A, RequestError> =>
    Effect.contextWithEffect((context: Context.Context<never>) => {
      const { checkpoint, resumeAfter } = call
      const { maxWait, onReply: observeReply, onWait, retry, urgent } = Context.get(context, CurrentCallOptions)
      const observeWait: Observer<Wait> = both(log, onWait) ?? (() => Effect.void)
      const policy = policyOf(retry ?? settings.retry, settings.retry)
      let state = calling.make<A>({
        operation,
        checkpoint,
        resumeAfter,
        cap: Duration.toMillis(policy.cap),
        maxWait: maxWait === undefined ? undefined : Duration.toMillis(maxWait)
      })
      /** Of the request that is under way. */
      let left: ReturnType<Traffic["sent"]> | undefined

      const resultOf = ({ last }: calling.Ended<A>): Effect.Effect<A, RequestError> =>
        "reply" in last ? Effect.succeed(last.reply) : call.inSpan(Effect.fail(fromFailure(last.failure)))

      const onReply: Attempt["onReply"] = (head, requestId) => {
        state = calling.onReply(state, head, requestId)
      }

      const onResult = (result: calling.Result<A>): Effect.Effect<A, RequestError> =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const ended = calling.onEnded(state, result, call.settle, now)
          state = ended
          const isLimited = "failure" in ended.last && ended.last.failure.kind === "RateLimitError"
          const settled = isLimited ? Effect.zipRight(onRateLimited, resultOf(ended)) : resultOf(ended)
          return Effect.zipRight(onEnded(ended.took), settled)
        })

      // V8 keeps what a generator function closes over until it collects its old generation, so none is made for each call
      const send = ({ at, held, waited }: Turn): Effect.Effect<A, RequestError> =>
        Effect.suspend(() => {
          state = calling.onSent(state, at, held)
          left = traffic.sent()
          const { attempts: number, mayHaveExecuted } = state
          const sent = Effect.zipRight(onSent(waited), call.attempt({ number, mayHaveExecuted, onReply }))
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
        /** Runs what is not a part of an attempt. */
        const beside: Restore = (self) => restore(call.inSpan(self))
        const attempt = Effect.suspend(() => {
          const notices = waitNotices((wait) => call.inSpan(observeWait(wait)), operation)
          const entry = { patience: calling.maxWait(state), atOnce: urgent === true, onNotice: notices.tell }
          const inTurn = <E>(mayGo: Effect.Effect<void, E> | undefined) =>
            Effect.acquireUseRelease(
              pace.enter(entry),
              (ticket) =>
                Effect.flatMap(restore(ticket.wait), (turn): Effect.Effect<A, RequestError | E> => {
                  if ("heldUntil" in turn) return fail(turn)
                  return mayGo === undefined ? send(turn) : Effect.zipRight(mayGo, send(turn))
                }),
              leave
            )
          const sent = passed(Context.get(context, CurrentRequestGate), { operation }, beside, inTurn)
          return observed(sent, observeReply, () => calling.reply(state), beside).pipe(
            Effect.tapBoth({ onFailure: () => restore(notices.told()), onSuccess: () => restore(notices.told()) })
          )
        })
        return repeated(attempt, {
          policy,
          delayOf: (wanted) => calling.retryDelay(state, wanted),
          wait: (error, delay) => beside(wait(error, delay))
        })
      }

      return finished(Context.get(context, FinishInFlight), () => outcomeOf(call, state), attempts)
    })
}
