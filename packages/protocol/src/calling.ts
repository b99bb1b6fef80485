/**
 * One call of the API: its attempts, the time that they took, and when another
 * attempt may follow. Times are milliseconds.
 *
 * @since 0.1.0
 */
import type { Operation, RequestFailure } from "./failure.ts"

/**
 * What is called, and for how long at most.
 *
 * @category models
 * @since 0.1.0
 * @see {@link make}
 */
export interface Options {
  readonly operation: Exclude<Operation, "make">
  readonly checkpoint: string
  /** Where to resume the listing that the call is part of. */
  readonly resumeAfter?: string | undefined
  /** The longest time that attempts, delays and holds of the pace may take together. */
  readonly cap: number
}

/**
 * A call under way. Opaque; the functions of this module change it in place.
 *
 * @category models
 * @since 0.1.0
 * @see {@link make}
 */
export interface State {
  readonly options: Options
  attempts: number
  mayHaveExecuted: boolean
  /** Attempts, delays and holds so far. */
  spent: number
  firstSentAt: number | undefined
  sentAt: number
  isHeldTooLong: boolean
}

/**
 * A call before its first attempt.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { calling } from "@checkpoint-permissions/protocol"
 *
 * const call = calling.make({ operation: "list", checkpoint: "ft:a", cap: 600_000 })
 * calling.onSent(call, 0, 0)
 * assert.equal(calling.onEnded(call, 250), 250)
 * assert.equal(call.attempts, 1)
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
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

/**
 * How long the call may still wait while the pace holds all requests.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { calling } from "@checkpoint-permissions/protocol"
 *
 * const call = calling.make({ operation: "list", checkpoint: "ft:a", cap: 600_000 })
 * calling.onDelayed(call, 60_000)
 * assert.equal(calling.patience(call), 540_000)
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const patience = ({ options, spent }: State): number => Math.max(0, options.cap - spent)

const withCall = (state: State, failure: RequestFailure, now: number): RequestFailure => ({
  ...failure,
  checkpoint: state.options.checkpoint,
  attempts: state.attempts,
  waited: since(state.firstSentAt ?? now, now),
  resumeAfter: failure.resumeAfter ?? state.options.resumeAfter
})

/**
 * An attempt is sent, after a turn of which `held` passed in a hold of the pace.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { calling } from "@checkpoint-permissions/protocol"
 *
 * const call = calling.make({ operation: "list", checkpoint: "ft:a", cap: 600_000 })
 * // after a minute in a hold of the pace
 * calling.onSent(call, 60_000, 60_000)
 * assert.equal(calling.patience(call), 540_000)
 * ```
 *
 * @category transitions
 * @since 0.1.0
 */
export const onSent = (state: State, now: number, held: number): void => {
  state.attempts += 1
  state.firstSentAt ??= now
  state.sentAt = now
  state.spent += held
}

/**
 * The attempt has ended; returns how long it took.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { calling } from "@checkpoint-permissions/protocol"
 *
 * const call = calling.make({ operation: "list", checkpoint: "ft:a", cap: 600_000 })
 * calling.onSent(call, 1_000, 0)
 * assert.equal(calling.onEnded(call, 1_300), 300)
 * ```
 *
 * @category transitions
 * @since 0.1.0
 */
export const onEnded = (state: State, now: number): number => {
  const took = since(state.sentAt, now)
  state.spent += took
  return took
}

/**
 * The attempt failed; returns the failure with what is known of the call.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { calling } from "@checkpoint-permissions/protocol"
 *
 * const call = calling.make({ operation: "list", checkpoint: "ft:a", cap: 600_000 })
 * calling.onSent(call, 0, 0)
 * const failure = calling.onFailure(call, { kind: "ServerError", operation: "list", mayHaveExecuted: false }, 300)
 * assert.equal(failure.attempts, 1)
 * assert.equal(failure.waited, 300)
 * ```
 *
 * @category transitions
 * @since 0.1.0
 */
export const onFailure = (state: State, failure: RequestFailure, now: number): RequestFailure => {
  state.mayHaveExecuted = failure.mayHaveExecuted
  return withCall(state, failure, now)
}

/**
 * The pace holds all requests until a time that is beyond the cap: the call is
 * over, without another request.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { calling } from "@checkpoint-permissions/protocol"
 *
 * const call = calling.make({ operation: "list", checkpoint: "ft:a", cap: 600_000 })
 * const failure = calling.onHeldTooLong(call, 3_600_000, 0)
 * assert.equal(failure.kind, "RateLimitError")
 * assert.equal(failure.retryAfter, 3_600_000)
 * ```
 *
 * @category transitions
 * @since 0.1.0
 */
export const onHeldTooLong = (state: State, until: number, now: number): RequestFailure => {
  state.isHeldTooLong = true
  const { mayHaveExecuted, options } = state
  const retryAfter = since(now, until)
  return withCall(state, { kind: "RateLimitError", operation: options.operation, mayHaveExecuted, retryAfter }, now)
}

/**
 * The delay before the next attempt: what the policy wants, and never less than
 * the server asks for. `undefined` if there is none: the failure is not
 * retryable, or the delay would end after the cap.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { calling } from "@checkpoint-permissions/protocol"
 *
 * const call = calling.make({ operation: "list", checkpoint: "ft:a", cap: 600_000 })
 * // never less than the server asks for
 * assert.equal(calling.retryDelay(call, { isRetryable: true, retryAfter: 20_000 }, 500), 20_000)
 * assert.equal(calling.retryDelay(call, { isRetryable: true, retryAfter: 900_000 }, 500), undefined)
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const retryDelay = (
  { isHeldTooLong, options, spent }: State,
  failure: { readonly isRetryable: boolean; readonly retryAfter: number | undefined },
  wanted: number
): number | undefined => {
  const delay = Math.ceil(Math.max(wanted, failure.retryAfter ?? 0))
  return failure.isRetryable && !isHeldTooLong && spent + delay <= options.cap ? delay : undefined
}

/**
 * The delay is over.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { calling } from "@checkpoint-permissions/protocol"
 *
 * const call = calling.make({ operation: "list", checkpoint: "ft:a", cap: 600_000 })
 * calling.onDelayed(call, 500)
 * assert.equal(calling.patience(call), 599_500)
 * ```
 *
 * @category transitions
 * @since 0.1.0
 */
export const onDelayed = (state: State, delay: number): void => {
  state.spent += delay
}
