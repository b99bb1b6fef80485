/**
 * One call of the API: its attempts, their duration, the meaning of their results, and the delay before another
 * attempt. Times are milliseconds. `writes` explains step by step what happens to a delete whose reply is lost.
 */
import {
  type Head,
  isRetryable,
  type OrganizationOperation,
  outcomeOf,
  type ProjectOperation,
  type RequestFailure,
  type RequestOperation
} from "./failure.ts"
import { duration, summarize } from "./messages.ts"
import type { Outcome } from "./pacing.ts"

/** The operation of a call, and its limits in milliseconds. */
export interface Options {
  readonly operation: RequestOperation
  readonly checkpoint: string | undefined
  readonly resumeAfter?: string | undefined
  /** The maximum total time of attempts, delays and pauses. */
  readonly cap: number
  /** The maximum total time of pauses and of delays after a 429. Default: the rest of the cap. */
  readonly maxWait?: number | undefined
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
  /**
   * The duration of attempts and delays so far. Includes pauses unless `maxWait` limits them. `Infinity` after a pause
   * that was too long.
   */
  readonly spent: number
  /** The duration of pauses, and of delays after a 429, so far. */
  readonly paused: number
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
  paused: 0,
  firstSentAt: undefined,
  sentAt: 0,
  took: undefined,
  head: undefined,
  requestId: undefined,
  last: undefined
})

const since = (start: number, now: number): number => Math.max(0, now - start)

/** Returns the longest pause, or delay after a 429, that is still allowed for the call. */
export const maxWait = <R>({ options, paused, spent }: State<R>): number =>
  Math.max(0, options.maxWait === undefined ? options.cap - spent : options.maxWait - paused)

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
  spent: state.spent + (state.options.maxWait === undefined ? paused : 0),
  paused: state.paused + paused
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
  return { ...ended, mayHaveExecuted: last.failure.mayHaveExecuted, last: withCall(state, last.failure, now) }
}

/** Ends a call without another request: the rate limiter is paused for longer than the call may wait. */
export const onPausedTooLong = <R>(state: State<R>, retryAfter: number, now: number): Ended<R> => {
  const { mayHaveExecuted, options } = state
  const paused = { kind: "RateLimitError", operation: options.operation, mayHaveExecuted, retryAfter } as const
  return { ...state, took: 0, spent: Number.POSITIVE_INFINITY, last: withCall(state, paused, now) }
}

const isLimited = <R>({ last }: State<R>): boolean =>
  last !== undefined && "failure" in last && last.failure.kind === "RateLimitError"

/**
 * Returns the delay before the next attempt: `wanted`, the delay of the policy, or the longer delay that the server
 * asks for. Returns `undefined` if there is no next attempt: the failure is not retryable, the delay is infinite or would
 * go beyond the cap, or a delay after a 429 would go beyond `maxWait`.
 */
export const retryDelay = <R>(state: State<R>, wanted: number): number | undefined => {
  const { last, options, spent } = state
  if (last === undefined || "reply" in last || !isRetryable(last.failure)) return undefined
  const delay = Math.ceil(Math.max(wanted, last.failure.retryAfter ?? 0))
  const isTooLong = spent + delay > options.cap || (isLimited(state) && delay > maxWait(state))
  // without a cap, no delay is too long
  return isTooLong || delay === Number.POSITIVE_INFINITY ? undefined : delay
}

/** Returns a log line about a delay. It has no hint about what to do, since the call is retried. */
export const retrying = <R>({ last }: State<R>, delay: number): string =>
  `retrying in ${duration(delay)}${last !== undefined && "failure" in last ? `: ${summarize(last.failure)}` : ""}`

/** Records the end of a delay. Removes the head, so that the rate limiter does not learn from it twice. */
export const onDelayed = <R>(state: State<R>, delay: number): State<R> => ({
  ...state,
  spent: state.spent + delay,
  paused: state.paused + (isLimited(state) ? delay : 0),
  head: undefined
})

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
