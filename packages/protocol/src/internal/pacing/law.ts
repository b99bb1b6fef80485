/** What decides when the next request may go. Its time never goes back. */
import type { CallList } from "./calls.ts"
import type { Outcome } from "./events.ts"

/** The requests under way: how many, and the one that was sent first. */
export type InFlight = Pick<CallList, "size" | "first">

/** A law changes in place: `nextAt` and `estimate` only look. */
export interface Law {
  /** When the next request may go; `Infinity` when not before one under way ends. */
  readonly nextAt: (now: number, inFlight: InFlight) => number
  /** A request goes. `inFlight` is without it. */
  readonly onSent: (now: number, inFlight: InFlight) => void
  /** A request is no longer under way: it left, or is given up as lost. */
  readonly onEnded: (at: number) => void
  /** A reply came, perhaps to a request that was given up as lost. */
  readonly onOutcome: (now: number, sentAt: number, outcome: Outcome) => void
  /** Nothing goes before then, even if that is over and a reply is awaited; `-Infinity` when requests are not held. */
  readonly heldUntil: (now: number) => number
  /** When a hold ends by itself; `Infinity` when it takes a reply, `-Infinity` when requests are not held. */
  readonly holdEnds: () => number
  /** Whether calls that wait may need a timer. */
  readonly isTimed: () => boolean
  /** How long so many further requests would take: one or more. */
  readonly estimate: (now: number, requests: number, inFlight: InFlight) => number
}

/** A time that a header gives: milliseconds to wait, or `undefined` for one that says nothing. */
export const waitOf = (millis: number | undefined): number | undefined =>
  millis !== undefined && millis > 0 && millis < Number.POSITIVE_INFINITY ? millis : undefined
