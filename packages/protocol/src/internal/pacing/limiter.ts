/** The types of rate limiters: events and actions, which `pacing` exports, and strategies. */
import type { Basis } from "../../estimates.ts"

/** The parts of a reply that show the limits of the server. Durations are milliseconds. */
export interface Outcome {
  /** `"limited"` for a 429 that may be retried. Any other reply is `"accepted"`, even an error. */
  readonly status: "accepted" | "limited"
  /** `Retry-After` of a 429. */
  readonly retryAfter?: number | undefined
  /** `x-ratelimit-limit-requests`. */
  readonly limit?: number | undefined
  /** `x-ratelimit-remaining-requests`. */
  readonly remaining?: number | undefined
  /** `x-ratelimit-reset-requests`, counted from the reply. */
  readonly reset?: number | undefined
}

/**
 * A call requests a permit. It leaves the queue if a pause would last longer than `maxPause` milliseconds, or end later
 * than in `maxWait` milliseconds. Both may be `Infinity`, the default of `maxWait`. With `urgent` it gets the permit
 * immediately, ignoring the strategy.
 */
export interface Enter {
  readonly _tag: "enter"
  readonly id: number
  readonly now: number
  readonly maxPause: number
  readonly maxWait?: number | undefined
  readonly urgent?: boolean | undefined
}

/** An event of the queue. `now` is a clock in milliseconds, which may step back. */
export type Event =
  | Enter
  /** A call leaves: its request ended, or it no longer waits. `outcome` is missing if no reply arrived. */
  | { readonly _tag: "leave"; readonly id: number; readonly now: number; readonly outcome?: Outcome | undefined }
  /** The timer of `wakeAt` fired. */
  | { readonly _tag: "tick"; readonly now: number }

/** A wait to report. */
export interface WaitEvent {
  /** `"pause"`: no request is sent before `until`. `"rate"`: the calls wait for a steady rate. */
  readonly reason: "pause" | "rate"
  readonly until: number
  readonly waiting: number
}

/** The actions after an event. Times are whole milliseconds of the clock of the event. */
export interface Actions {
  /** Calls that get a permit, in the order in which they entered. */
  readonly permitted: ReadonlyArray<number>
  /** Calls that do not wait for the end of the pause. They have left the queue. */
  readonly rejected: ReadonlyArray<number>
  /** The time to send `tick`. `undefined` if no call waits for a time. */
  readonly wakeAt: number | undefined
  /** The end of the pause, or its earliest end if the end depends on a reply. `undefined` without a pause. */
  readonly pausedUntil: number | undefined
  readonly waitEvent: WaitEvent | undefined
  /** The first call in the queue. */
  readonly next: number | undefined
}

/** The requests in flight, in the order in which they were sent. */
export type InFlight = ReadonlyArray<{ readonly sentAt: number }>

/** An event for a strategy. Its time never goes back. */
export type StrategyEvent =
  /** A request is sent. `inFlight` does not contain it. */
  | { readonly _tag: "sent"; readonly now: number; readonly inFlight: InFlight }
  /** A request is no longer in flight: it ended, or counts as lost. */
  | { readonly _tag: "ended"; readonly now: number }
  /** A reply arrived, possibly to a request that counts as lost. */
  | { readonly _tag: "replied"; readonly now: number; readonly sentAt: number; readonly outcome: Outcome }

/** The times of a strategy. */
export interface Timing {
  /** The time of the next request. `Infinity` if it cannot be sent before a request in flight ends. */
  readonly nextAt: number
  /** The earliest end of the pause. It may have passed while a reply is awaited. `-Infinity` without a pause. */
  readonly pausedUntil: number
  /** The end of a pause that depends on no reply. `Infinity` if it depends on one, `-Infinity` without a pause. */
  readonly pauseEnds: number
  /** True if waiting calls need a timer. */
  readonly isTimed: boolean
}

/**
 * Decides when the next request may be sent, from its own state, which is plain data. These are methods, so that
 * `Strategy<S>` is assignable to `Strategy<unknown>`. Only `machine.make` pairs a strategy with a state.
 */
export interface Strategy<S> {
  on(state: S, event: StrategyEvent): S
  timing(state: S, now: number, inFlight: InFlight): Timing
  basis(state: S): Basis
  /**
   * Returns the wait until the last of `requests` further requests is sent, in milliseconds. `requests` is at least 1.
   */
  estimate(state: S, now: number, requests: number, inFlight: InFlight): number
}
