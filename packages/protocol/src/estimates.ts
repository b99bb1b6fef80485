/** Estimates of the duration of requests, with their basis. Times are milliseconds. */

/**
 * The basis of an estimate. `"assumed"`: a burst of ten requests, then ten requests a minute, while no rate is known.
 * `"configured"`: the rate of the options. `"measured"`: the rate that the server accepted.
 */
export type Basis = "assumed" | "configured" | "measured"

/** The estimated wait of one operation's requests for permits. */
export interface OperationEstimate {
  readonly basis: Basis
  readonly millis: number
  readonly isPaused: boolean
  readonly refused: number
}

/** The estimated duration of requests. */
export interface Estimate {
  readonly basis: Basis
  readonly millis: number
  /**
   * The duration if no request is refused. Present while the basis is `"assumed"`, after the first reply, and while no
   * limiter is paused.
   */
  readonly unrefused?: number
  readonly refused: number
}

/**
 * Combines the estimates of several operations, each with its own rate limiter. The result is that of the slowest.
 * `each` is the duration of one request.
 */
export const overall = (
  operations: ReadonlyArray<{ readonly requests: number; readonly limiter: OperationEstimate }>,
  each: number | undefined
): Estimate => {
  const wanted = operations.filter(({ requests }) => requests > 0)
  const limiters = wanted.map(({ limiter }) => limiter)
  // up to the start of the last request, which is how the limiters count
  const network = (each ?? 0) * Math.max(0, wanted.reduce((sum, { requests }) => sum + requests, 0) - 1)
  const longest = (limiters: ReadonlyArray<OperationEstimate>): number =>
    Math.max(0, ...limiters.map(({ millis }) => millis))
  const slowest = limiters.filter(({ millis }) => millis === longest(limiters))
  const known = limiters.filter(({ basis }) => basis !== "assumed")
  const basis = slowest.some((limiter) => !known.includes(limiter)) ? "assumed" : (slowest[0]?.basis ?? "assumed")
  const isUnrefused = basis === "assumed" && each !== undefined && !limiters.some(({ isPaused }) => isPaused)
  return {
    basis,
    millis: Math.max(network, longest(limiters)),
    ...(isUnrefused ? { unrefused: Math.max(network, longest(known)) } : {}),
    refused: limiters.reduce((sum, { refused }) => sum + refused, 0)
  }
}

/** The weight of a new reply in a mean, after the first sixteen replies. */
const weight = 1 / 16

/** The requests in flight of one client, and the duration of its shortest reply. */
export type Traffic = ReturnType<typeof traffic>

/**
 * Makes a record of the requests of one client.
 *
 * `shortest` is the duration of the shortest reply, since one slow reply is no forecast for others. `together` is the mean
 * number of requests in flight during a request, that request included. The weight of a new one decreases to a sixteenth.
 */
export const traffic = () => {
  let inFlight = 0
  let replies = 0
  let shortest = Number.POSITIVE_INFINITY
  let together = 0

  const onReply = (took: number, beside: number): void => {
    replies += 1
    shortest = Math.min(shortest, took)
    together += (beside - together) * Math.max(weight, 1 / replies)
  }

  return {
    /** Records a request. Call the result when the request has ended, with its duration if a reply arrived. */
    sent: () => {
      inFlight += 1
      const before = inFlight
      return (took: number | undefined): void => {
        if (took !== undefined) onReply(took, Math.max(before, inFlight))
        inFlight -= 1
      }
    },
    /**
     * Returns the shortest duration of a request divided by the number of concurrent requests. Returns `undefined` before
     * the first reply.
     */
    each: (): number | undefined => (replies === 0 ? undefined : shortest / together)
  }
}

/** An estimate that was shown at the time `at`. */
export interface ShownEstimate extends Estimate {
  readonly at: number
}

/**
 * The maximum ratio of a new estimate to the shown one at which the shown one stays. It is also the factor of a step
 * towards other estimates.
 */
const step = 1.1

/**
 * The time of a whole step, in milliseconds. In less time, only a part of a step is made. Two steps change an estimate
 * by a fifth.
 */
const stepTime = 5_000

/** The value up to which a shown estimate increases immediately, in milliseconds. */
const negligible = 5_000

/**
 * Returns the value to show after `before`, which was shown `elapsed` milliseconds ago: `now`, or a step towards it.
 */
const approached = (before: number, now: number, elapsed: number): number => {
  const expected = Math.max(0, before - elapsed)
  if (now <= expected * step && now * step >= expected) return expected
  const most = step ** Math.min(1, elapsed / stepTime)
  return Math.max(Math.min(now, negligible), expected / most, Math.min(now, before * most))
}

/**
 * Returns the estimate to show next. The shown estimate decreases as time passes. It approaches a new one by at most a
 * fifth in ten seconds, unless a request was refused or the basis changed. Only a measured rate varies: other estimates are
 * shown as they are.
 */
export const next = (shown: ShownEstimate | undefined, estimate: Estimate, now: number): ShownEstimate => {
  const { basis, millis, refused } = estimate
  const isKnownNews = basis !== "measured" || shown?.basis !== basis || shown.refused !== refused
  if (isKnownNews) return { ...estimate, at: now }
  return { ...estimate, at: now, millis: approached(shown.millis, millis, Math.max(0, now - shown.at)) }
}
