/**
 * One call of the API: its attempts, their duration, the meaning of their results, and the loop that repeats them. Times
 * are milliseconds. `writes` explains step by step what happens to a delete whose reply is lost.
 *
 * Two limits bound a call. The cap bounds the sum of attempts, delays and pauses. The deadline is a time: no wait that
 * would end later is started, and attempts are cut at it.
 */
import {
  type Head,
  isRetryable,
  type OrganizationOperation,
  outcomeOf,
  type ProjectOperation,
  type RequestFailure,
  type RequestOperation,
  repeats
} from "./failure.ts"
import type { Call, Program } from "./internal/program.ts"
import { duration, summarize } from "./messages.ts"
import type { Outcome } from "./pacing.ts"

/** The operation of a call, and its limits in milliseconds. */
export interface Options {
  readonly operation: RequestOperation
  readonly checkpoint: string | undefined
  readonly resumeAfter?: string | undefined
  /** The maximum total time of attempts, delays and pauses. */
  readonly cap: number
  /** The time at which the call must have ended. Default: none. */
  readonly deadline?: number | undefined
}

/** The result of an attempt. */
export type Result<R> = { readonly reply: R } | { readonly failure: RequestFailure }

/** Returns the result of the call. It depends on whether an earlier attempt may have been executed. */
export type ResolveWrite<R> = (result: Result<R>, earlierMayHaveExecuted: boolean) => Result<R>

/** The state of a call, as plain data. */
export interface State<R> {
  readonly options: Options
  readonly attempts: number
  /** True if an earlier attempt may have been executed. It stays true after each failure that leaves this open. */
  readonly mayHaveExecuted: boolean
  /** The duration of attempts, delays and pauses so far. `Infinity` after a pause that was too long. */
  readonly spent: number
  readonly firstSentAt: number | undefined
  readonly sentAt: number
  /** The duration of the last attempt. `undefined` while an attempt is in flight. */
  readonly took: number | undefined
  /** The head of the reply to the last attempt. `undefined` before it arrives, and after a delay. */
  readonly head: Head | undefined
  readonly requestId: string | undefined
  readonly last: Result<R> | undefined
}

/** A call whose last attempt has ended. */
export interface Ended<R> extends State<R> {
  readonly took: number
  readonly last: Result<R>
}

/** Makes a call before its first attempt. */
export const make = <R>(options: Options): State<R> => ({
  options,
  attempts: 0,
  mayHaveExecuted: false,
  spent: 0,
  firstSentAt: undefined,
  sentAt: 0,
  took: undefined,
  head: undefined,
  requestId: undefined,
  last: undefined
})

const since = (start: number, now: number): number => Math.max(0, now - start)

/** Returns the longest pause that is still allowed for the call. */
export const maxPause = <R>({ options, spent }: State<R>): number => Math.max(0, options.cap - spent)

/** Returns the time until the deadline. It is `Infinity` without one, and not positive after it. */
export const timeLeft = <R>({ options: { deadline } }: State<R>, now: number): number =>
  deadline === undefined ? Number.POSITIVE_INFINITY : Math.ceil(deadline - now)

const withCall = <R>(state: State<R>, failure: RequestFailure, now: number): { readonly failure: RequestFailure } => ({
  failure: {
    ...failure,
    checkpoint: state.options.checkpoint,
    attempts: state.attempts,
    waited: since(state.firstSentAt ?? now, now),
    resumeAfter: failure.resumeAfter ?? state.options.resumeAfter
  }
})

/** Records that an attempt is sent, after a pause of the rate limiter. */
export const onSent = <R>(state: State<R>, now: number, paused: number): State<R> => ({
  ...state,
  attempts: state.attempts + 1,
  firstSentAt: state.firstSentAt ?? now,
  sentAt: now,
  took: undefined,
  last: undefined,
  spent: state.spent + paused
})

/** Records the head of a reply. */
export const onReply = <R>(state: State<R>, head: Head, requestId: string | undefined): State<R> => ({
  ...state,
  head,
  requestId
})

/**
 * Records the end of an attempt, and its result for the call. Adds checkpoint, attempts and duration of the call to a
 * failure.
 */
export const onEnded = <R>(
  state: State<R>,
  result: Result<R>,
  resolveWrite: ResolveWrite<R>,
  now: number
): Ended<R> => {
  const took = since(state.sentAt, now)
  const last = resolveWrite(result, state.mayHaveExecuted)
  const ended = { ...state, took, spent: state.spent + took, last }
  if ("reply" in last) return ended
  const { failure } = last
  // a timer may fire before the clock reaches the deadline
  const isCut = failure.kind === "RequestTimeoutError" && (failure.timeout ?? 0) >= timeLeft(state, state.sentAt)
  const failed = withCall(state, isCut ? { ...failure, endedByDeadline: true } : failure, now)
  return { ...ended, mayHaveExecuted: failure.mayHaveExecuted, last: failed }
}

/**
 * Ends a call without another request: its deadline has passed, or a wait of `retryAfter` for the rate limiter would be
 * too long. If the deadline is the reason, the failure is that of the last attempt, if there was one. A limiter that
 * fails after it started the request has cut it.
 */
export const onNotPermitted = <R>(state: State<R>, retryAfter: number, now: number): Ended<R> => {
  const { attempts, options, took } = state
  const isCut = attempts > 0 && took === undefined
  const last = isCut ? undefined : state.last
  const mayHaveExecuted = state.mayHaveExecuted || (isCut && repeats[options.operation] !== "safe")
  const endedByDeadline = timeLeft(state, now + retryAfter) <= 0 ? true : undefined
  const call = { operation: options.operation, mayHaveExecuted, endedByDeadline }
  const failed =
    endedByDeadline && last !== undefined && "failure" in last
      ? { failure: { ...last.failure, endedByDeadline } }
      : withCall(
          state,
          timeLeft(state, now) > 0
            ? { kind: "RateLimitError", retryAfter, ...call }
            : { kind: "RequestTimeoutError", ...call },
          now
        )
  return { ...state, took: 0, spent: Number.POSITIVE_INFINITY, last: failed }
}

/** Returns true if the last attempt has ended. */
export const isEnded = <R>(state: State<R>): state is Ended<R> => state.took !== undefined && state.last !== undefined

/**
 * Returns the delay before the next attempt: `wanted`, the delay of the policy, or the longer delay that the server
 * asks for. Returns `undefined` if there is no next attempt: the failure is not retryable, or the delay is infinite or
 * would go beyond the cap.
 */
export const retryDelay = <R>({ last, options, spent }: State<R>, wanted: number): number | undefined => {
  if (last === undefined || "reply" in last || !isRetryable(last.failure)) return undefined
  const delay = Math.ceil(Math.max(wanted, last.failure.retryAfter ?? 0))
  // without a cap, no delay is too long
  return spent + delay > options.cap || delay === Number.POSITIVE_INFINITY ? undefined : delay
}

/** Returns a log line about a delay. It has no hint about what to do, since the call is retried. */
export const retrying = <R>({ last }: State<R>, delay: number): string =>
  `retrying in ${duration(delay)}${last !== undefined && "failure" in last ? `: ${summarize(last.failure)}` : ""}`

/** Records the end of a delay. Removes the head, so that the rate limiter does not learn from it twice. */
export const onDelayed = <R>(state: State<R>, delay: number): State<R> => ({
  ...state,
  spent: state.spent + delay,
  head: undefined
})

/** The calls of the program {@link repeat}. */
export interface Calls<Y, R> {
  /** Waits for a permit and sends one attempt. A failure is a result too. */
  readonly send: (state: State<R>) => Call<Y, Ended<R>>
  /** Returns the delay of the policy after a failure, in milliseconds. Returns `undefined` if no attempt is left. */
  readonly nextDelay: (failure: RequestFailure) => Call<Y, number | undefined>
  /** Called with the delay before the next attempt, before it starts. */
  readonly onWait: (delay: number, failure: RequestFailure) => Call<Y, unknown>
  readonly sleep: (delay: number) => Call<Y, unknown>
  readonly now: () => number
}

/**
 * Repeats an attempt after a failure, until one succeeds or no further attempt is allowed. Most calls need one attempt,
 * so an adapter sends the first one without a program.
 */
export function* repeat<Y, R>(first: Ended<R>, calls: Calls<Y, R>): Program<Y, Ended<R>> {
  let ended = first
  while ("failure" in ended.last && isRetryable(ended.last.failure)) {
    const { failure } = ended.last
    const wanted = failure.endedByDeadline === true ? undefined : yield* calls.nextDelay(failure)
    const delay = wanted === undefined ? undefined : retryDelay(ended, wanted)
    if (delay === undefined) break
    const isInTime = timeLeft(ended, calls.now() + delay) > 0
    if (!isInTime) return { ...ended, last: { failure: { ...failure, endedByDeadline: true } } }
    yield* calls.onWait(delay, failure)
    yield* calls.sleep(delay)
    ended = yield* calls.send(onDelayed(ended, delay))
  }
  return ended
}

/**
 * Returns the outcome for the rate limiter. Returns `undefined` if no reply arrived, which shows nothing about the
 * limits.
 */
export const permitOutcome = <R>({ head, last }: State<R>): Outcome | undefined =>
  head === undefined ? undefined : outcomeOf(head, last !== undefined && "failure" in last ? last.failure : undefined)

/** A reply, as observers receive it: even if the attempt failed or is repeated. */
export interface Reply {
  readonly operation: RequestOperation
  readonly status: number
  /** The `x-request-id` header, which OpenAI's support asks for. */
  readonly requestId: string | undefined
}

/** A call that has ended, with a reply or with the error `E` of its last attempt. */
export type Finished<A, E> = Pick<Reply, "requestId"> &
  ({ readonly reply: A; readonly error?: undefined } | { readonly error: E; readonly reply?: undefined })

/** The outcome of a call, with the pages, deletions and errors of an adapter. */
export type CallOutcome<Page, Deleted, E> =
  | (Finished<Page, E> & { readonly operation: "list" | "create"; readonly checkpoint: string })
  | (Finished<Deleted, E> & { readonly operation: "delete"; readonly checkpoint: string })
  | (Finished<object | undefined, E> & { readonly operation: OrganizationOperation | ProjectOperation })

/** Returns the reply to the last attempt, as observers receive it. */
export const reply = <R>({ head, options, requestId }: State<R>): Reply | undefined =>
  head && { operation: options.operation, status: head.status, requestId }

/**
 * Returns the outcome of the call: its reply, or the failure of its last attempt, even if the delay before the next one
 * was interrupted. Returns `undefined` before the end of the first attempt. `toError` makes the error of an adapter.
 */
export const outcome = <R, E>(
  { last, requestId }: State<R>,
  toError: (failure: RequestFailure) => E
): Finished<R, E> | undefined =>
  last && { requestId, ...("reply" in last ? { reply: last.reply } : { error: toError(last.failure) }) }
