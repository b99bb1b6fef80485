/** What a law of a pace takes and tells. Time never goes back here. */
import type { Outcome } from "./events.ts"

/** The requests under way, in the order in which they were sent. */
export type InFlight = ReadonlyArray<{ readonly sentAt: number }>

export type LawEvent =
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

/** A time that a header gives: milliseconds to wait, or `undefined` for one that says nothing. */
export const waitOf = (millis: number | undefined): number | undefined =>
  millis !== undefined && millis > 0 && millis < Number.POSITIVE_INFINITY ? millis : undefined
