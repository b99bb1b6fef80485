/** When a request may go: a pace and its queue, as a state machine. Times are milliseconds. */
import type { PaceEstimate } from "./internal/estimates/estimate.ts"
import * as internalAdaptive from "./internal/pacing/adaptive.ts"
import type * as internalEvents from "./internal/pacing/events.ts"
import * as internalFixed from "./internal/pacing/fixed.ts"
import * as internalMachine from "./internal/pacing/machine.ts"

export type { Actions, Event, Notice, Outcome } from "./internal/pacing/events.ts"
export type { Entry, HeldTooLong, Next, Queue, Ticket, Turn } from "./internal/pacing/queue.ts"
export { queue } from "./internal/pacing/queue.ts"

/** Opaque, and plain data: a step gives a new one. */
export type State = internalMachine.Machine

/** A rate that a server is known to allow. */
export interface FixedOptions {
  /** How many requests are allowed in `per`: 1 or more. */
  readonly requests: number
  /** Milliseconds, more than 0. */
  readonly per: number
  /**
   * The size of a bucket that is full at the start: 1 or more. Left out: never more than `requests` in any stretch of
   * `per`.
   */
  readonly burst?: number | undefined
}

/** Why options make no rate, in one line. `per` is `undefined` where it was no time. */
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

/** A pace that learns from what the server refuses. */
export const adaptive = (): State => internalMachine.make(internalAdaptive.initial)

/** A pace that keeps a rate, and pauses after a refusal. */
export const fixed = (options: FixedOptions): State =>
  internalMachine.make(
    options.burst === undefined ? internalFixed.anyStretch(options) : internalFixed.bucket(options, options.burst)
  )

/** A pace that only pauses after a refusal: the rate is kept elsewhere. */
export const pauses = (options: Omit<FixedOptions, "burst">): State =>
  internalMachine.make(internalFixed.pauses(options))

/** What an event makes of a pace, and what is to be done. */
export const step: (state: State, event: internalEvents.Event) => readonly [State, internalEvents.Actions] =
  internalMachine.step

/** How long requests have been held in all: milliseconds on a clock that runs during holds only. */
export const heldTime: (state: State, now: number) => number = internalMachine.heldTime

/** How long so many further requests would wait for their turns, if those that wait now were not there. */
export const estimate: (state: State, requests: number, now: number) => PaceEstimate = internalMachine.estimate
