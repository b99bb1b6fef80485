/** How long requests take, and what that rests on. */

/**
 * What an estimate rests on: `"assumed"`, ten requests a minute, while the pace knows no rate; `"configured"`, the rate
 * that the pace was given; `"measured"`, what the server allowed.
 */
export type Basis = "assumed" | "configured" | "measured"

/** How long the requests of one operation wait for their turns: milliseconds. */
export interface PaceEstimate {
  readonly basis: Basis
  readonly millis: number
  readonly isHeld: boolean
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
  operations: ReadonlyArray<{ readonly requests: number; readonly pace: PaceEstimate }>,
  each: number | undefined
): Estimate => {
  const wanted = operations.filter(({ requests }) => requests > 0)
  const paces = wanted.map(({ pace }) => pace)
  // until the last one goes, as the paces say it
  const network = (each ?? 0) * Math.max(0, wanted.reduce((sum, { requests }) => sum + requests, 0) - 1)
  const longest = (paces: ReadonlyArray<PaceEstimate>): number => Math.max(0, ...paces.map(({ millis }) => millis))
  const slowest = paces.filter(({ millis }) => millis === longest(paces))
  const known = paces.filter(({ basis }) => basis !== "assumed")
  const basis = slowest.some((pace) => !known.includes(pace)) ? "assumed" : (slowest[0]?.basis ?? "assumed")
  const isUnrefused = basis === "assumed" && each !== undefined && !paces.some(({ isHeld }) => isHeld)
  return {
    basis,
    millis: Math.max(network, longest(paces)),
    ...(isUnrefused ? { unrefused: Math.max(network, longest(known)) } : {}),
    refused: paces.reduce((sum, { refused }) => sum + refused, 0)
  }
}
