/** The types of pacing: events and actions, which `pacing` makes public, and strategies. */
import type { Basis } from "../../estimates.ts"

/** What a reply says of the server's limits. A request without a reply has none. */
export interface Outcome {
  /** `"limited"` for a 429 that is worth a retry; any other reply is `"accepted"`, an error too. */
  readonly status: "accepted" | "limited"
  /** What a 429 asks to wait. */
  readonly retryAfter?: number | undefined
  readonly limit?: number | undefined
  readonly remaining?: number | undefined
  readonly reset?: number | undefined
}

/** What happened, and when. `now` is a clock in milliseconds; it may step back. */
export type Event =
  /**
   * A call wants to send a request. `patience` is how long it stays while requests are held; `Infinity` for ever. With
   * `atOnce` it goes now, whatever the pace says.
   */
  | {
      readonly _tag: "enter"
      readonly id: number
      readonly now: number
      readonly patience: number
      readonly atOnce?: boolean | undefined
    }
  /** It leaves: its request ended (without an outcome when no reply came), or it no longer waits. */
  | { readonly _tag: "leave"; readonly id: number; readonly now: number; readonly outcome?: Outcome | undefined }
  /** `wakeAt` has come. */
  | { readonly _tag: "tick"; readonly now: number }

/** What is worth telling a person. */
export interface Notice {
  /** All requests are held until then, or wait for their turns at a steady rate. */
  readonly reason: "hold" | "turn"
  readonly until: number
  readonly waiting: number
}

/** What is to be done after an event. Times are on the clock of the event, whole milliseconds. */
export interface Actions {
  /** Calls whose turn it is, in the order in which they entered. */
  readonly go: ReadonlyArray<number>
  /** Calls that would wait in a hold for longer than their patience; they have left the queue. */
  readonly refuse: ReadonlyArray<number>
  /** Send `tick` then; `undefined` when nothing waits for a time. */
  readonly wakeAt: number | undefined
  /** Requests are held until then, or until the reply to the one that probes. */
  readonly heldUntil: number | undefined
  readonly notice: Notice | undefined
  readonly next: number | undefined
}

/** The requests under way, in the order in which they were sent. */
export type InFlight = ReadonlyArray<{ readonly sentAt: number }>

/** An event for a strategy. Its time never goes back. */
export type StrategyEvent =
  /** A request goes. `inFlight` is without it. */
  | { readonly _tag: "sent"; readonly now: number; readonly inFlight: InFlight }
  /** A request is no longer under way: it left, or is given up as lost. */
  | { readonly _tag: "ended"; readonly now: number }
  /** A reply came, perhaps to a request that was given up as lost. */
  | { readonly _tag: "replied"; readonly now: number; readonly sentAt: number; readonly outcome: Outcome }

export interface Timing {
  /** When the next request may go; `Infinity` when not before one under way ends. */
  readonly nextAt: number
  /** Nothing goes before then, even if that is over and a reply is awaited; `-Infinity` when requests are not held. */
  readonly heldUntil: number
  /** When a hold ends by itself; `Infinity` when it takes a reply, `-Infinity` when requests are not held. */
  readonly holdEnds: number
  readonly isTimed: boolean
}

/**
 * Decides when the next request may go, from a state of its own, which is plain data. Methods, so that a strategy of any
 * state is one of an unknown state; only `machine.make` pairs the two.
 */
export interface Strategy<S> {
  on(state: S, event: StrategyEvent): S
  timing(state: S, now: number, inFlight: InFlight): Timing
  basis(state: S): Basis
  /** Returns when the last of so many further requests goes, from now on: one or more. */
  estimate(state: S, now: number, requests: number, inFlight: InFlight): number
}
