/**
 * When a request may go: a pace and the queue of those that wait for a turn, as
 * a state machine. Times are milliseconds.
 *
 * @since 0.1.0
 */
import type { PaceEstimate } from "./internal/estimates/estimate.ts"
import * as internalAdaptive from "./internal/pacing/adaptive.ts"
import type * as internalEvents from "./internal/pacing/events.ts"
import * as internalFixed from "./internal/pacing/fixed.ts"
import * as internalMachine from "./internal/pacing/machine.ts"

export type { Actions, Event, Notice, Outcome } from "./internal/pacing/events.ts"
export type { Entry, Next, Queue, Ticket } from "./internal/pacing/queue.ts"
export { queue } from "./internal/pacing/queue.ts"

/**
 * Opaque, and plain data: a step gives a new one.
 *
 * @category models
 * @since 0.1.0
 * @see {@link step}
 */
export type State = internalMachine.Machine

/**
 * A rate that a server is known to allow.
 *
 * @category models
 * @since 0.1.0
 * @see {@link fixed}
 */
export interface FixedOptions {
  /** How many requests are allowed in `per`: 1 or more. */
  readonly requests: number
  /** Milliseconds, more than 0. */
  readonly per: number
  /** The size of a bucket that is full at the start: 1 or more. Left out: never more than `requests` in any stretch of `per`. */
  readonly burst?: number | undefined
}

/**
 * Why options make no rate, in one line. `per` is `undefined` where it was no
 * time.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { pacing } from "@checkpoint-permissions/protocol"
 *
 * assert.equal(pacing.refuseFixed({ requests: 10, per: 60_000 }), undefined)
 * assert.match(pacing.refuseFixed({ requests: 0, per: 60_000 }) ?? "", /requests is 0/)
 * ```
 *
 * @category checks
 * @since 0.1.0
 */
export const refuseFixed = (options: {
  readonly requests: number
  readonly per: number | undefined
  readonly burst?: number | undefined
}): string | undefined => {
  const { burst, per, requests } = options
  if (!(Number.isFinite(requests) && requests >= 1)) {
    return `requests is ${String(requests)}: pass how many requests are allowed, 1 or more`
  }
  if (!(per !== undefined && Number.isFinite(per) && per > 0)) {
    return 'per is not a time: pass for how long `requests` are allowed, such as "1 minute"'
  }
  if (burst !== undefined && !(Number.isFinite(burst) && burst >= 1)) {
    return `burst is ${String(burst)}: pass how many requests may go at once, 1 or more`
  }
  return undefined
}

/**
 * A pace that learns from what the server refuses.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { pacing } from "@checkpoint-permissions/protocol"
 *
 * const [, { go }] = pacing.step(pacing.adaptive(), { _tag: "enter", id: 1, now: 0, patience: 600_000 })
 * assert.deepEqual(go, [1])
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const adaptive = (): State => internalMachine.make(internalAdaptive.initial)

/**
 * A pace that keeps a rate, and pauses after a refusal.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { pacing } from "@checkpoint-permissions/protocol"
 *
 * let state = pacing.fixed({ requests: 1, per: 60_000 })
 * const enter = (id: number): pacing.Actions => {
 *   const [next, actions] = pacing.step(state, { _tag: "enter", id, now: 0, patience: 600_000 })
 *   state = next
 *   return actions
 * }
 * assert.deepEqual(enter(1).go, [1])
 * assert.deepEqual(enter(2).go, [])
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const fixed = (options: FixedOptions): State =>
  internalMachine.make(
    options.burst === undefined ? internalFixed.anyStretch(options) : internalFixed.bucket(options, options.burst)
  )

/**
 * A pace that only pauses after a refusal: the rate is kept elsewhere.
 *
 * @example
 * ```ts
 * import { pacing } from "@checkpoint-permissions/protocol"
 *
 * const queue = pacing.queue(pacing.pauses({ requests: 10, per: 60_000 }))
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const pauses = (options: Omit<FixedOptions, "burst">): State =>
  internalMachine.make(internalFixed.pauses(options))

/**
 * What an event makes of a pace, and what is to be done.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { pacing } from "@checkpoint-permissions/protocol"
 *
 * const [sent] = pacing.step(pacing.adaptive(), { _tag: "enter", id: 1, now: 0, patience: 600_000 })
 * const outcome = { status: "limited", retryAfter: 20_000 } as const
 * const [, { heldUntil }] = pacing.step(sent, { _tag: "leave", id: 1, now: 300, outcome })
 * assert.equal(heldUntil, 20_300)
 * ```
 *
 * @category steps
 * @since 0.1.0
 */
export const step: (state: State, event: internalEvents.Event) => readonly [State, internalEvents.Actions] =
  internalMachine.step

/**
 * How long requests have been held in all: milliseconds on a clock that runs during holds only.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { pacing } from "@checkpoint-permissions/protocol"
 *
 * assert.equal(pacing.heldTime(pacing.adaptive(), 1_000), 0)
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const heldTime: (state: State, now: number) => number = internalMachine.heldTime

/**
 * How long so many further requests would wait for their turns, if those that wait now were not there.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { pacing } from "@checkpoint-permissions/protocol"
 *
 * const { basis, millis } = pacing.estimate(pacing.fixed({ requests: 10, per: 60_000 }), 30, 0)
 * assert.equal(basis, "configured")
 * assert.equal(millis, 120_000)
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const estimate: (state: State, requests: number, now: number) => PaceEstimate = internalMachine.estimate
