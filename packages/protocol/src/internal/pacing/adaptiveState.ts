/**
 * The state of the adaptive strategy.
 *
 * A *probe* is the only request in flight during a pause. A *stretch* is the time between the ends of two pauses,
 * without the time in which no request was in flight. The rate is the number of accepted requests of a stretch by its
 * length.
 */

/** Requests in flight before the first pause. Half of a small quota, so that few requests are refused. */
const firstConcurrency = 8

/** Accepted requests that allow one more in flight, before the first pause. Doubles within three round trips. */
const firstGrowth = 3

/** First pause after a 429 without `Retry-After`, in milliseconds. Bounds the cost of a single spurious 429. */
export const minPause = 1000

/** A pause from `since` until a probe is accepted. The probe is sent at `until`, once no other request is in flight. */
export interface Backoff {
  readonly _tag: "Backoff"
  readonly since: number
  /** The delay before the probe, in milliseconds. */
  readonly wait: number
  readonly until: number
  /** True if a reply said how long to wait. An accepted request does not shorten the pause then. */
  readonly hasServerDelay: boolean
  /** True if no reply was limited: a header says that nothing remains. */
  readonly isByHeader: boolean
  /** True if requests were sent at exactly the measured rate when the pause began. */
  readonly isAtRate: boolean
  /** Accepted and limited replies to requests that were sent before the pause. */
  readonly accepted: number
  readonly refused: number
  /** The time of the probe in flight. */
  readonly probedAt: number | undefined
  readonly refusedProbes: number
}

type Phase = { readonly _tag: "Probing" } | { readonly _tag: "Measured" } | Backoff

/** The result of a measurement. */
export interface Measured {
  /** The time that the server needs for each request, in milliseconds. */
  readonly each: number
  /** True if the last pause began at the measured rate, so that the rate may not be the reason of refusals. */
  readonly isSuspect: boolean
  /** Accepted requests before the interval is divided: `minStreak` to `maxStreak`. */
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
  /**
   * Time and accepted requests of the stretches since the first pause. Each stretch halves the weight of those before.
   */
  readonly earlier: { readonly time: number; readonly accepted: number }
  /** The time at which the last request ended. */
  readonly endedAt: number
  /** The earliest time of the next request. */
  readonly due: number
  /** The time between two requests, in milliseconds. */
  readonly interval: number
  /** Accepted requests since the interval changed. Less than `measured.streakToSpeedUp`. */
  readonly streak: number
  readonly measured: Measured | undefined
  /** Requests that may be in flight: at least 1. */
  readonly concurrency: number
  /** Accepted requests that allow one more in flight. */
  readonly acceptedPerSlot: number
  /** `accepted` of the last pause: how many of the requests in flight were accepted. */
  readonly lastAccepted: number
  /** The first pause without `Retry-After` before anything is measured: `minPause` to `minute`. */
  readonly firstPause: number
  /** Requests that remain by the last header; `Infinity` if there was none. */
  readonly remaining: number
  readonly remainsUntil: number
}

export const initial: Adaptive = {
  phase: { _tag: "Probing" },
  pauses: 0,
  since: 0,
  accepted: 0,
  earlier: { time: 0, accepted: 0 },
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
