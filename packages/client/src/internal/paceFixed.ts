/** A pace that was told the rate. */
import type { Machine, Report } from "./paceMachine.ts"

export interface Told {
  readonly requests: number
  readonly per: number
}

/** A request that never reports is taken to have arrived by then. */
const lost = 60_000

/** A reply that takes longer says nothing of how late requests arrive. */
const longestLag = 10_000

interface Common {
  /** When those under way were sent, oldest first. */
  readonly underWay: ReadonlyArray<number>
  readonly heldUntil: number
  /** In a row, so far. */
  readonly refusals: number
}

const common: Common = { underWay: [], heldUntil: Number.NEGATIVE_INFINITY, refusals: 0 }

/** The rate was wrong, or others use it too: without a word from the server, twice as long after each refusal. */
const hold = (told: Told, refusals: number, report: Report): number =>
  report.retryAfter ?? Math.min(told.per, (told.per / told.requests) * 2 ** Math.min(refusals, 30))

const answered = <S extends Common>(told: Told, state: S, now: number, report: Report): S => {
  const rest = { ...state, underWay: state.underWay.slice(1) }
  if (report.status === "unknown") return rest
  if (report.status === "accepted") return { ...rest, refusals: 0 }
  return {
    ...rest,
    refusals: state.refusals + 1,
    heldUntil: Math.max(state.heldUntil, now + hold(told, state.refusals, report))
  }
}

interface Stretch extends Common {
  /** When each request of the last `per` was over, oldest first. */
  readonly over: ReadonlyArray<number>
}

const settled = (told: Told, state: Stretch, now: number): Stretch => {
  const forgotten = state.underWay.filter((at) => at + lost <= now).map((at) => at + lost)
  return {
    ...state,
    underWay: state.underWay.slice(forgotten.length),
    over: [...state.over, ...forgotten].filter((at) => at + told.per > now)
  }
}

/**
 * At most `requests` in any stretch of `per`: refused by no server of that rate,
 * however it counts. A request counts from its reply, since it arrived before.
 */
export const anyStretch = (given: Told): Machine<Stretch> => {
  const whole = Math.floor(given.requests)
  const told: Told = { requests: whole, per: (given.per * whole) / given.requests }
  return {
    initial: { ...common, over: [] },
    nextAt: (before, now) => {
      const state = settled(told, before, now)
      const room = told.requests - state.underWay.length
      if (room <= 0) return (state.underWay[0] ?? now) + lost
      const freedBy = state.over[state.over.length - room]
      return Math.max(state.heldUntil, freedBy === undefined ? now : freedBy + told.per)
    },
    sent: (before, now) => {
      const state = settled(told, before, now)
      return { ...state, underWay: [...state.underWay, now] }
    },
    reported: (before, now, report) => {
      const state = settled(told, before, now)
      const over = state.underWay.length === 0 ? state.over : [...state.over, now]
      return answered(told, { ...state, over }, now, report)
    },
    estimate: (before, now, requests) => {
      const state = settled(told, before, now)
      const held = Math.max(0, state.heldUntil - now)
      const beyond = requests - Math.max(0, told.requests - state.underWay.length - state.over.length)
      if (beyond <= 0) return held
      const freedBy = state.over[(beyond - 1) % told.requests] ?? now
      return Math.max(held, freedBy - now + told.per * Math.ceil(beyond / told.requests))
    }
  }
}

interface Bucket extends Common {
  /** When the first request went that found the bucket full, and how many have gone since. */
  readonly from: number
  readonly count: number
  /** The longest that a reply has taken: so much later than it was sent may a request have arrived. */
  readonly lag: number | undefined
}

/**
 * A bucket of `burst` tokens, full at the start, which gets `requests` of them
 * back in `per`, one by one. What it gets back counts from when the first request
 * has certainly arrived, so that none comes too early, however uneven the network.
 */
export const bucket = (told: Told, burst: number): Machine<Bucket> => {
  const size = Math.floor(burst)
  const interval = told.per / told.requests
  /** When that many requests since `from` are regained. */
  const regained = (state: Bucket, count: number): number => state.from + (state.lag ?? 0) + count * interval
  const isFull = (state: Bucket, now: number): boolean => now >= regained(state, state.count)
  return {
    initial: { ...common, from: Number.NEGATIVE_INFINITY, count: 0, lag: undefined },
    nextAt: (state, now) => {
      if (state.count < size || isFull(state, now)) return state.heldUntil
      const oldest = state.underWay[0]
      if (state.lag === undefined && oldest !== undefined && oldest + longestLag > now) return oldest + longestLag
      return Math.max(state.heldUntil, regained(state, state.count - size + 1))
    },
    sent: (state, now) => {
      const underWay = [...state.underWay.filter((at) => at + lost > now), now]
      return isFull(state, now)
        ? { ...state, underWay, from: now, count: 1 }
        : { ...state, underWay, count: state.count + 1 }
    },
    reported: (state, now, report) => {
      const next = answered(told, state, now, report)
      const oldest = state.underWay[0]
      if (report.status === "unknown" || oldest === undefined) return next
      return { ...next, lag: Math.min(longestLag, Math.max(state.lag ?? 0, now - oldest)) }
    },
    estimate: (state, now, requests) => {
      const at = isFull(state, now)
        ? now + (requests - size) * interval
        : regained(state, state.count + requests - size)
      return Math.max(0, state.heldUntil - now, at - now)
    }
  }
}

/** Nothing but the pauses after a refusal. */
export const pauses = (told: Told): Machine<Common> => ({
  initial: common,
  nextAt: (state) => state.heldUntil,
  sent: (state, now) => ({ ...state, underWay: [...state.underWay.filter((at) => at + lost > now), now] }),
  reported: (state, now, report) => answered(told, state, now, report),
  estimate: (state, now, requests) => Math.max(0, state.heldUntil - now, (requests * told.per) / told.requests)
})
