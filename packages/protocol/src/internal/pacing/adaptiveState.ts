/**
 * The state of the adaptive strategy.
 *
 * A *probe* is the only request in flight during a pause. A *stretch* is the time between the ends of two pauses,
 * without the time in which no request was in flight. The rate is the number of accepted requests of a stretch, divided
 * by its length.
 */

/**
 * The maximum number of requests in flight at the start. It is half of a small quota, so that few requests are refused.
 */
const firstConcurrency = 8

/**
 * The number of accepted requests after which one more may be in flight, before the first pause. With it, the limit
 * doubles within three round trips.
 */
const firstGrowth = 3

/** First pause after a 429 without `Retry-After`, in milliseconds. Bounds the cost of a single spurious 429. */
export const minPause = 1000

/**
 * A pause from `since` until a probe is accepted. The probe is sent at `until`, or later when no other request is in
 * flight.
 */
export interface Backoff {
  readonly _tag: "Backoff"
  readonly since: number
  /** The delay before the probe, in milliseconds. */
  readonly wait: number
  readonly until: number
  /** True if a reply contained the time to wait. Then an accepted request does not shorten the pause. */
  readonly hasServerDelay: boolean
  /** True if the pause began because of a header: nothing remains of the quota, and no reply was limited. */
  readonly isByHeader: boolean
  /** True if requests were sent at exactly the measured rate when the pause began. */
  readonly isAtRate: boolean
  /** The numbers of accepted and limited replies to requests that were sent before the pause. */
  readonly accepted: number
  readonly refused: number
  /** The time at which the probe in flight was sent. */
  readonly probedAt: number | undefined
  readonly refusedProbes: number
}

type Phase = { readonly _tag: "Probing" } | { readonly _tag: "Measured" } | Backoff

/** The result of a measurement. */
export interface Measured {
  /** The time that the server needs for each request, in milliseconds. */
  readonly each: number
  /**
   * True if the last pause began while requests were sent at the measured rate. Then the rate may not be the reason for
   * refusals.
   */
  readonly isSuspect: boolean
  /** The number of accepted requests after which the interval is divided: `minStreak` to `maxStreak`. */
  readonly streakToSpeedUp: number
}

/**
 * The state. Times are milliseconds of a clock that never goes back.
 *
 * - `phase` is `Measured` only if `measured` is defined, and `measured` is defined only after the second pause.
 * - `interval` is 0 while `measured` is undefined, and at most `measured.each` otherwise.
 * - A request is sent outside a pause only if, with it, at most `concurrency + accepted / acceptedPerSlot` are in
 *   flight, and at most `remaining` until `remainsUntil`. Within a pause it is sent only if none is in flight. Urgent
 *   calls ignore both limits.
 * - `since` never exceeds the time of the last event.
 */
export interface Adaptive {
  readonly phase: Phase
  /** The number of pauses so far. */
  readonly pauses: number
  /** The start of the stretch, moved forward by the time in which no request was in flight. */
  readonly since: number
  /** Accepted requests of the stretch. */
  readonly accepted: number
  /** The last stretches after the first pause. `hasServerDelay` is true if a reply contained the time to wait. */
  readonly earlier: { readonly time: number; readonly accepted: number; readonly hasServerDelay: boolean }
  /** The time at which the last request ended. */
  readonly endedAt: number
  /** The earliest time of the next request. */
  readonly due: number
  /** The time between two requests, in milliseconds. */
  readonly interval: number
  /** The number of accepted requests since the interval changed. Less than `measured.streakToSpeedUp`. */
  readonly streak: number
  readonly measured: Measured | undefined
  /** The number of requests that may be in flight, without the growth by accepted requests. At least 1. */
  readonly concurrency: number
  /** The number of accepted requests after which one more may be in flight. */
  readonly acceptedPerSlot: number
  /** The field `accepted` of the last pause: the number of requests in flight at its start that were accepted. */
  readonly lastAccepted: number
  /** The first pause without `Retry-After` while nothing is measured: `minPause` to `minute`. */
  readonly firstPause: number
  /** The number of remaining requests by the last header. `Infinity` if there was none. */
  readonly remaining: number
  readonly remainsUntil: number
}

export const initial: Adaptive = {
  phase: { _tag: "Probing" },
  pauses: 0,
  since: 0,
  accepted: 0,
  earlier: { time: 0, accepted: 0, hasServerDelay: false },
  endedAt: 0,
  due: Number.NEGATIVE_INFINITY,
  interval: 0,
  streak: 0,
  measured: undefined,
  concurrency: firstConcurrency,
  acceptedPerSlot: firstGrowth,
  lastAccepted: 0,
  firstPause: minPause,
  remaining: Number.POSITIVE_INFINITY,
  remainsUntil: Number.NEGATIVE_INFINITY
}
