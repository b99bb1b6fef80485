/** What is said of a time that is estimated again and again: it does not jump. */
import type { Estimate } from "./estimate.ts"

/** An estimate, when it was said. */
export interface Said extends Estimate {
  readonly at: number
}

/**
 * What was said is kept if a new estimate differs by no more than this; one that differs is approached in such steps.
 */
const step = 1.1

/** How long a step takes at least: milliseconds. Two of them are a fifth. */
const stepTime = 5_000

/** Nobody minds a jump of so many milliseconds. */
const soon = 5_000

/** So much of it, or less, is a moment later than what was said before. */
const approached = (before: number, now: number, elapsed: number): number => {
  const expected = Math.max(0, before - elapsed)
  if (now <= expected * step && now * step >= expected) return expected
  const most = step ** Math.min(1, elapsed / stepTime)
  return Math.max(Math.min(now, soon), expected / most, Math.min(now, before * most))
}

/**
 * What is said next. Time passes, and what was said becomes less by it. If nothing happened (no reply refused, no rate
 * learned), a new estimate is approached by at most a fifth in ten seconds. What rests on an assumption is no
 * measurement, and is said as it is.
 */
export const next = (said: Said | undefined, estimate: Estimate, now: number): Said => {
  const { basis, millis, refused } = estimate
  const isNews = basis === "assumed" || said?.basis !== basis || said.refused !== refused
  if (isNews) return { ...estimate, at: now }
  return { ...estimate, at: now, millis: approached(said.millis, millis, Math.max(0, now - said.at)) }
}
