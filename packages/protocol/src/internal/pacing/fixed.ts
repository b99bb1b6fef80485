/** The laws of a pace whose rate is configured. */
import { Deque } from "./deque.ts"
import type { Outcome } from "./events.ts"
import { type Law, waitOf } from "./law.ts"

/** So many requests are allowed in so many milliseconds. */
export interface Rate {
  readonly requests: number
  readonly per: number
}

/** A reply that takes longer says nothing of how late a request arrives: milliseconds. */
const longestLag = 10_000

/**
 * The pause after a refusal: the rate was wrong, or others use it too. Without
 * `Retry-After` it doubles with each refusal in a row, up to `per`.
 */
const makePause = ({ per, requests }: Rate) => {
  let until = Number.NEGATIVE_INFINITY
  let refusals = 0
  return {
    until: () => until,
    isOver: (now: number) => now >= until,
    heldUntil: (now: number) => (now < until ? until : Number.NEGATIVE_INFINITY),
    onOutcome: (now: number, outcome: Outcome): void => {
      if (outcome.status === "accepted") {
        refusals = 0
        return
      }
      const pause = waitOf(outcome.retryAfter) ?? Math.min(per, (per / requests) * 2 ** Math.min(refusals, 30))
      until = Math.max(until, now + pause)
      refusals += 1
    }
  }
}

const common = (rate: Rate) => {
  const pause = makePause(rate)
  return { pause, law: { heldUntil: pause.heldUntil, holdEnds: pause.until, isTimed: () => true } }
}

/** Nothing but the pauses after a refusal. */
export const pauses = (rate: Rate): Law => {
  const { law, pause } = common(rate)
  return {
    ...law,
    nextAt: pause.until,
    onSent: () => {},
    onEnded: () => {},
    onOutcome: (now, _sentAt, outcome) => pause.onOutcome(now, outcome),
    estimate: (now, requests) => Math.max(pause.until() - now, (requests * rate.per) / rate.requests)
  }
}

/**
 * At most `requests` in any stretch of `per`: refused by no server of that rate,
 * however it counts. A request counts from its end, since it arrived before.
 */
export const anyStretch = (given: Rate): Law => {
  const requests = Math.floor(given.requests)
  const per = (given.per * requests) / given.requests
  const { law, pause } = common({ requests, per })
  /** When each of the last requests ended. */
  const ends = new Deque()
  return {
    ...law,
    nextAt: (now, inFlight) => {
      const room = requests - inFlight.size
      if (room <= 0) return Number.POSITIVE_INFINITY
      const end = ends.fromEnd(room)
      return Math.max(pause.until(), end === undefined ? now : end + per)
    },
    onSent: (now) => ends.dropUntil(now - per),
    onEnded: (at) => ends.append(Math.max(at, ends.fromEnd(1) ?? at)),
    onOutcome: (now, _sentAt, outcome) => pause.onOutcome(now, outcome),
    estimate: (now, more, inFlight) => {
      const held = Math.max(0, pause.until() - now)
      // an end that is longer ago than the stretch counts too: its place is free already
      const beyond = more - Math.max(0, requests - inFlight.size - ends.size)
      if (beyond <= 0) return held
      const position = ends.size - ((beyond - 1) % requests)
      const end = position > 0 ? ends.fromEnd(position) : undefined
      return Math.max(held, (end ?? now) - now + per * Math.ceil(beyond / requests))
    }
  }
}

/**
 * A bucket of `burst` tokens, full at the start, which gets `requests` of them
 * back in `per`, one by one. What it gets back counts from when the first request
 * has certainly arrived, so that none comes too early, however uneven the network.
 */
export const bucket = (rate: Rate, burst: number): Law => {
  const size = Math.floor(burst)
  const interval = rate.per / rate.requests
  const { law, pause } = common(rate)
  /** When the first request went that found the bucket full, and how many have gone since. */
  let from = Number.NEGATIVE_INFINITY
  let count = 0
  /** The longest that a reply has taken: so much later than it was sent may a request have arrived. */
  let lag: number | undefined
  /** When that many requests since `from` are regained. */
  const regained = (requests: number): number => from + (lag ?? 0) + requests * interval
  const isFull = (now: number): boolean => now >= regained(count)
  return {
    ...law,
    nextAt: (now, { first }) => {
      if (count < size || isFull(now)) return pause.until()
      // the first reply tells the lag
      if (lag === undefined && first !== undefined && first.sentAt + longestLag > now) return first.sentAt + longestLag
      return Math.max(pause.until(), regained(count - size + 1))
    },
    onSent: (now) => {
      const full = isFull(now)
      from = full ? now : from
      count = full ? 1 : count + 1
    },
    onEnded: () => {},
    onOutcome: (now, sentAt, outcome) => {
      pause.onOutcome(now, outcome)
      lag = Math.min(longestLag, Math.max(lag ?? 0, now - sentAt))
    },
    estimate: (now, requests) => {
      const at = isFull(now) ? now + (requests - size) * interval : regained(count + requests - size)
      return Math.max(pause.until() - now, at - now)
    }
  }
}
