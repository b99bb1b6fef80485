/** Estimates of how long requests take, and the reasons for them. Times are milliseconds. */

/**
 * What an estimate rests on: `"assumed"`, ten requests a minute, while the pace knows no rate; `"configured"`, the rate
 * that the pace was given; `"measured"`, what the server allowed.
 */
export type Basis = "assumed" | "configured" | "measured"

/** How long the requests of one operation wait for their turns: milliseconds. */
export interface OperationEstimate {
  readonly basis: Basis
  readonly millis: number
  readonly isPaused: boolean
  readonly refused: number
}

/** How long requests take: milliseconds. */
export interface Estimate {
  readonly basis: Basis
  /** At ten requests a minute if that is assumed. */
  readonly millis: number
  /** If nothing more is refused: while ten a minute is assumed, a reply came, and requests are not held. */
  readonly unrefused?: number
  readonly refused: number
}

/**
 * The estimate of several operations, each with a pace of its own: the slowest decides. `each` is what one request
 * takes if nothing is refused.
 */
export const overall = (
  operations: ReadonlyArray<{ readonly requests: number; readonly pace: OperationEstimate }>,
  each: number | undefined
): Estimate => {
  const wanted = operations.filter(({ requests }) => requests > 0)
  const paces = wanted.map(({ pace }) => pace)
  // until the last one goes, as the paces say it
  const network = (each ?? 0) * Math.max(0, wanted.reduce((sum, { requests }) => sum + requests, 0) - 1)
  const longest = (paces: ReadonlyArray<OperationEstimate>): number => Math.max(0, ...paces.map(({ millis }) => millis))
  const slowest = paces.filter(({ millis }) => millis === longest(paces))
  const known = paces.filter(({ basis }) => basis !== "assumed")
  const basis = slowest.some((pace) => !known.includes(pace)) ? "assumed" : (slowest[0]?.basis ?? "assumed")
  const isUnrefused = basis === "assumed" && each !== undefined && !paces.some(({ isPaused }) => isPaused)
  return {
    basis,
    millis: Math.max(network, longest(paces)),
    ...(isUnrefused ? { unrefused: Math.max(network, longest(known)) } : {}),
    refused: paces.reduce((sum, { refused }) => sum + refused, 0)
  }
}

/** What a further reply counts against those before it. */
const weight = 1 / 16

/** The requests of one client. */
export interface Traffic {
  /**
   * A request is sent. What it gives is called once it is no longer under way: how long its reply took, if one came.
   */
  readonly sent: () => (took: number | undefined) => void
  /** How long one further request takes, those beside it taken into account; `undefined` before the first reply. */
  readonly each: () => number | undefined
}

/** Watches the requests of one client. Times are milliseconds. */
export const traffic = (): Traffic => {
  let underWay = 0
  let replies = 0
  /** In the mean: how long a reply took, and how many requests were under way beside it, itself included. */
  let latency = 0
  let together = 0

  const onReply = (took: number, beside: number): void => {
    replies += 1
    const part = Math.max(weight, 1 / replies)
    latency += (took - latency) * part
    together += (beside - together) * part
  }

  return {
    sent: () => {
      underWay += 1
      const before = underWay
      return (took) => {
        if (took !== undefined) onReply(took, Math.max(before, underWay))
        underWay -= 1
      }
    },
    each: () => (replies === 0 ? undefined : latency / together)
  }
}

/** An estimate, when it was said. */
export interface ShownEstimate extends Estimate {
  readonly at: number
}

/**
 * What was said is kept if a new estimate differs by no more than this; one that differs is approached in such steps.
 */
const step = 1.1

/** How long a step takes at least: milliseconds. Two of them are a fifth. */
const stepTime = 5_000

/** Nobody minds a jump of so many milliseconds. */
const negligible = 5_000

/** So much of it, or less, is a moment later than what was said before. */
const approached = (before: number, now: number, elapsed: number): number => {
  const expected = Math.max(0, before - elapsed)
  if (now <= expected * step && now * step >= expected) return expected
  const most = step ** Math.min(1, elapsed / stepTime)
  return Math.max(Math.min(now, negligible), expected / most, Math.min(now, before * most))
}

/**
 * What is said next. Time passes, and what was said becomes less by it. If nothing happened (no reply refused, no rate
 * learned), a new estimate is approached by at most a fifth in ten seconds. What rests on an assumption is no
 * measurement, and is said as it is.
 */
export const next = (shown: ShownEstimate | undefined, estimate: Estimate, now: number): ShownEstimate => {
  const { basis, millis, refused } = estimate
  const isKnownNews = basis === "assumed" || shown?.basis !== basis || shown.refused !== refused
  if (isKnownNews) return { ...estimate, at: now }
  return { ...estimate, at: now, millis: approached(shown.millis, millis, Math.max(0, now - shown.at)) }
}
