/** What decides when the next request may go. Its time never goes back. */

/** What a reply says of the server's limits. A request without a reply has none. */
export interface Outcome {
  /** `"limited"` for a 429 that is worth a retry; any other reply is `"accepted"`, an error too. */
  readonly status: "accepted" | "limited"
  /** What a 429 asks to wait. */
  readonly retryAfter?: number | undefined
  /** `x-ratelimit-limit-requests` */
  readonly limit?: number | undefined
  /** `x-ratelimit-remaining-requests` */
  readonly remaining?: number | undefined
  /** `x-ratelimit-reset-requests` */
  readonly reset?: number | undefined
}

/** The requests under way. */
export interface InFlight {
  readonly size: number
  /** The one that was sent first. */
  readonly first: { readonly sentAt: number } | undefined
}

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
  /** How long so many further requests would take. */
  readonly estimate: (now: number, requests: number, inFlight: InFlight) => number
}

/**
 * A request that has not reported for so long counts as ended without an outcome,
 * so that a reply that never comes holds nobody up for ever: milliseconds, as
 * long as the longest timeout that is usual for an attempt.
 */
export const lostAfter = 60_000

/** A time that a header gives: milliseconds to wait, or `undefined` for one that says nothing. */
export const waitOf = (millis: number | undefined): number | undefined =>
  millis !== undefined && millis > 0 && millis < Number.POSITIVE_INFINITY ? millis : undefined
