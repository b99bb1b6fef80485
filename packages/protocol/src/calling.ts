/**
 * One call of the API: its attempts, the time that they took, what their results mean, and when another attempt may
 * follow. Times are milliseconds.
 */
import type { Operation, RequestFailure } from "./failure.ts"

/** What is called, and for how long at most. */
export interface Options {
  readonly operation: Exclude<Operation, "make">
  readonly checkpoint: string
  /** Where to resume the listing that the call is part of. */
  readonly resumeAfter?: string | undefined
  /** The longest time that attempts, delays and holds of the pace may take together. */
  readonly cap: number
}

/** A call under way: plain data. */
export interface State {
  readonly options: Options
  readonly attempts: number
  /** Whether an attempt may have been executed. */
  readonly mayHaveExecuted: boolean
  /** Attempts, delays and holds so far. */
  readonly spent: number
  readonly firstSentAt: number | undefined
  readonly sentAt: number
  readonly isHeldTooLong: boolean
}

/** What an attempt came to. */
export type Result<R> = { readonly reply: R } | { readonly failure: RequestFailure }

/** What a result means after an earlier attempt that may have been executed. */
export type Settle<R> = (result: Result<R>, earlierMayHaveExecuted: boolean) => Result<R>

/** A call before its first attempt. */
export const make = (options: Options): State => ({
  options,
  attempts: 0,
  mayHaveExecuted: false,
  spent: 0,
  firstSentAt: undefined,
  sentAt: 0,
  isHeldTooLong: false
})

const since = (start: number, now: number): number => Math.max(0, now - start)

/** How long the call may still wait while the pace holds all requests. */
export const patience = ({ options, spent }: State): number => Math.max(0, options.cap - spent)

const withCall = (state: State, failure: RequestFailure, now: number): RequestFailure => ({
  ...failure,
  checkpoint: state.options.checkpoint,
  attempts: state.attempts,
  waited: since(state.firstSentAt ?? now, now),
  resumeAfter: failure.resumeAfter ?? state.options.resumeAfter
})

/** An attempt is sent, after a turn of which `held` passed in a hold of the pace. */
export const onSent = (state: State, now: number, held: number): State => ({
  ...state,
  attempts: state.attempts + 1,
  firstSentAt: state.firstSentAt ?? now,
  sentAt: now,
  spent: state.spent + held
})

/**
 * The attempt has ended: how long it `took`, and what its result means for the call. A failure gets what is known of
 * the call.
 */
export const onEnded = <R>(
  state: State,
  result: Result<R>,
  settle: Settle<R>,
  now: number
): { readonly state: State; readonly took: number; readonly result: Result<R> } => {
  const took = since(state.sentAt, now)
  const ended = { ...state, spent: state.spent + took }
  const settled = settle(result, state.mayHaveExecuted)
  if ("reply" in settled) return { state: ended, took, result: settled }
  const failed = { ...ended, mayHaveExecuted: settled.failure.mayHaveExecuted }
  return { state: failed, took, result: { failure: withCall(failed, settled.failure, now) } }
}

/** The pace holds all requests until a time that is beyond the cap: the call is over, without another request. */
export const onHeldTooLong = (
  state: State,
  until: number,
  now: number
): { readonly state: State; readonly failure: RequestFailure } => {
  const { mayHaveExecuted, options } = state
  const held = { kind: "RateLimitError", operation: options.operation, mayHaveExecuted } as const
  return {
    state: { ...state, isHeldTooLong: true },
    failure: withCall(state, { ...held, retryAfter: since(now, until) }, now)
  }
}

/**
 * The delay before the next attempt: what the policy wants, and never less than the server asks for. `undefined` if
 * there is none: the failure is not retryable, or the delay would end after the cap.
 */
export const retryDelay = (
  { isHeldTooLong, options, spent }: State,
  failure: { readonly isRetryable: boolean; readonly retryAfter: number | undefined },
  wanted: number
): number | undefined => {
  const delay = Math.ceil(Math.max(wanted, failure.retryAfter ?? 0))
  return failure.isRetryable && !isHeldTooLong && spent + delay <= options.cap ? delay : undefined
}

/** The delay is over. */
export const onDelayed = (state: State, delay: number): State => ({ ...state, spent: state.spent + delay })
