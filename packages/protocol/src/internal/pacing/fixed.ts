/** The fixed strategies: a configured rate in a sliding window, or in a bucket of tokens. */
import type { InFlight, Outcome, Strategy, StrategyEvent, Timing } from "./limiter.ts"

/** A rate: `requests` in `per` milliseconds. */
export interface Rate {
  readonly requests: number
  readonly per: number
}

/** The state: a rate, the pause after limited replies, and the limit that keeps the rate between pauses. */
export interface Fixed {
  readonly rate: Rate
  readonly pause: Pause
  readonly limit: SlidingWindow | TokenBucket
}

/** A pause after a limited reply: the configured rate is too high, or other programs use the quota too. */
interface Pause {
  readonly until: number
  readonly refusals: number
}

/**
 * At most `requests` in any period of `per`. A request counts from its end, since it has certainly arrived by then.
 */
interface SlidingWindow {
  readonly _tag: "SlidingWindow"
  /** The ends of the last requests, in ascending order. At most the last `requests` of them count. */
  readonly ends: ReadonlyArray<number>
}

/**
 * A token bucket, full at the start, which refills one token at a time. It refills from the time at which the first
 * request has certainly arrived. So no request arrives too early, even if network delays vary.
 */
interface TokenBucket {
  readonly _tag: "TokenBucket"
  readonly size: number
  /** The time of the first request after the bucket was full. */
  readonly from: number
  /** The number of requests sent since then, including that one. */
  readonly count: number
  /**
   * The longest time to a reply so far, in milliseconds: an upper bound for the delay of an arrival. `undefined` before
   * the first reply.
   */
  readonly lag: number | undefined
}

/** The maximum lag, in milliseconds. A reply that takes longer shows nothing about the arrival of its request. */
const longestLag = 10_000

const noPause: Pause = { until: Number.NEGATIVE_INFINITY, refusals: 0 }

/** Makes a limit whose requests no server with this rate refuses, even if the server counts in fixed windows. */
export const anyStretch = (given: Rate): Fixed => {
  const requests = Math.floor(given.requests)
  const rate = { requests, per: (given.per * requests) / given.requests }
  return { rate, pause: noPause, limit: { _tag: "SlidingWindow", ends: [] } }
}

/** Makes a limit for a server with a bucket of `burst` tokens. */
export const bucket = (rate: Rate, burst: number): Fixed => {
  const size = Math.floor(burst)
  const limit = { _tag: "TokenBucket", size, from: Number.NEGATIVE_INFINITY, count: 0, lag: undefined } as const
  return { rate, pause: noPause, limit }
}

/** Returns the pause after a reply. Without `Retry-After` it doubles with each limited reply in a row, up to `per`. */
const pauseAfter = (pause: Pause, { per, requests }: Rate, now: number, outcome: Outcome): Pause => {
  if (outcome.status === "accepted") return { ...pause, refusals: 0 }
  const wait = outcome.retryAfter ?? Math.min(per, (per / requests) * 2 ** Math.min(pause.refusals, 30))
  return { until: Math.max(pause.until, now + wait), refusals: pause.refusals + 1 }
}

/** Returns the time at which the tokens of `requests` requests have been refilled. */
const regained = ({ from, lag }: TokenBucket, rate: Rate, requests: number): number =>
  from + (lag ?? 0) + (requests * rate.per) / rate.requests

const isFull = (bucket: TokenBucket, rate: Rate, now: number): boolean => now >= regained(bucket, rate, bucket.count)

const onWindow = (window: SlidingWindow, { per }: Rate, event: StrategyEvent): SlidingWindow => {
  const { ends } = window
  if (event._tag === "ended") return { ...window, ends: [...ends, Math.max(event.now, ends.at(-1) ?? event.now)] }
  return event._tag === "sent" ? { ...window, ends: ends.filter((end) => end > event.now - per) } : window
}

const onBucket = (bucket: TokenBucket, rate: Rate, event: StrategyEvent): TokenBucket => {
  if (event._tag === "replied") {
    return { ...bucket, lag: Math.min(longestLag, Math.max(bucket.lag ?? 0, event.now - event.sentAt)) }
  }
  if (event._tag === "ended") return bucket
  return isFull(bucket, rate, event.now)
    ? { ...bucket, from: event.now, count: 1 }
    : { ...bucket, count: bucket.count + 1 }
}

const on = (state: Fixed, event: StrategyEvent): Fixed => {
  const { limit, pause, rate } = state
  return {
    ...state,
    pause: event._tag === "replied" ? pauseAfter(pause, rate, event.now, event.outcome) : pause,
    limit: limit._tag === "SlidingWindow" ? onWindow(limit, rate, event) : onBucket(limit, rate, event)
  }
}

const nextAt = ({ limit, rate }: Fixed, now: number, inFlight: InFlight): number => {
  switch (limit._tag) {
    case "SlidingWindow": {
      const free = rate.requests - inFlight.length
      if (free <= 0) return Number.POSITIVE_INFINITY
      const end = limit.ends[limit.ends.length - free]
      return end === undefined ? now : end + rate.per
    }
    case "TokenBucket": {
      if (limit.count < limit.size || isFull(limit, rate, now)) return Number.NEGATIVE_INFINITY
      // the lag is unknown before the first reply
      const replyBy = (inFlight[0]?.sentAt ?? Number.NEGATIVE_INFINITY) + longestLag
      return limit.lag === undefined && replyBy > now ? replyBy : regained(limit, rate, limit.count - limit.size + 1)
    }
  }
}

const timing = (state: Fixed, now: number, inFlight: InFlight): Timing => {
  const { until } = state.pause
  return {
    nextAt: Math.max(until, nextAt(state, now, inFlight)),
    pausedUntil: now < until ? until : Number.NEGATIVE_INFINITY,
    pauseEnds: until,
    isTimed: true
  }
}

/** Returns the time at which the last of `requests` further requests may be sent, without pauses. */
const lastAt = ({ limit, rate }: Fixed, now: number, requests: number, inFlight: InFlight): number => {
  switch (limit._tag) {
    case "SlidingWindow": {
      const ends = limit.ends.filter((end) => end > now - rate.per)
      const beyond = requests - Math.max(0, rate.requests - inFlight.length - ends.length)
      if (beyond <= 0) return now
      const end = ends[(beyond - 1) % rate.requests]
      return (end ?? now) + rate.per * Math.ceil(beyond / rate.requests)
    }
    case "TokenBucket":
      return isFull(limit, rate, now)
        ? now + ((requests - limit.size) * rate.per) / rate.requests
        : regained(limit, rate, limit.count + requests - limit.size)
  }
}

const estimate = (state: Fixed, now: number, requests: number, inFlight: InFlight): number =>
  Math.max(0, state.pause.until - now, lastAt(state, now, requests, inFlight) - now)

export const strategy: Strategy<Fixed> = { on, timing, basis: () => "configured", estimate }
