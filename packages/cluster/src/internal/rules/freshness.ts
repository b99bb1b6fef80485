/** Whether a lock that is renewed from time to time can be relied on. */

/** A time by two clocks, in milliseconds: one stands still while a machine sleeps, the other can be put back. */
export interface Instant {
  readonly wall: number
  readonly monotonic: number
}

/** How much time has passed: what the clock says that has gone further. */
export const elapsed = (from: Instant, to: Instant): number =>
  Math.max(0, to.wall - from.wall, to.monotonic - from.monotonic)

/** How old the last renewal of a lock may be, in seconds, where a lock expires after 35 s. */
const share = 20 / 35

/**
 * For how long after a lock was renewed a request may be begun, in milliseconds. The rest of the time until it expires
 * is for the request to end in.
 */
export const freshFor = (expiration: number): number => expiration * share

/** Whether a request may be begun. A lock that was never renewed is not held. */
export const isFresh = (renewedAt: Instant | undefined, now: Instant, expiration: number): boolean =>
  renewedAt !== undefined && elapsed(renewedAt, now) < freshFor(expiration)
