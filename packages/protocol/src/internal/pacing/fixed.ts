/** The laws of a pace whose rate is configured. */
import type { InFlight, Outcome, Strategy, StrategyEvent, Timing } from "./model.ts"

/** So many requests are allowed in so many milliseconds. */
export interface Rate {
  readonly requests: number
  readonly per: number
}

/** A law with a rate: a pause after a refusal, and what keeps the rate between pauses. */
export interface Fixed {
  readonly rate: Rate
  readonly pause: Pause
  readonly limit: SlidingWindow | TokenBucket
}

/** A refusal means that the rate was wrong, or that others use it too. */
interface Pause {
  readonly until: number
  readonly refusals: number
}

/** At most as many requests in any stretch of time. A request counts from its end, since it arrived before. */
interface SlidingWindow {
  readonly _tag: "SlidingWindow"
  /** When each of the last requests ended, in ascending order. */
  readonly ends: ReadonlyArray<number>
}

/**
 * A bucket of tokens, full at the start, which gets them back one by one. What it gets back counts from when the first
 * request has certainly arrived, so that none comes too early, however uneven the network.
 */
interface TokenBucket {
  readonly _tag: "TokenBucket"
  readonly size: number
  /** When the first request went that found the bucket full, and how many have gone since. */
  readonly from: number
  readonly count: number
  /** The longest that a reply has taken: so much later than it was sent may a request have arrived. */
  readonly lag: number | undefined
}

/** A reply that takes longer says nothing of how late a request arrives: milliseconds. */
const longestLag = 10_000

const noPause: Pause = { until: Number.NEGATIVE_INFINITY, refusals: 0 }

/** Refused by no server of that rate, however it counts. */
export const anyStretch = (given: Rate): Fixed => {
  const requests = Math.floor(given.requests)
  const rate = { requests, per: (given.per * requests) / given.requests }
  return { rate, pause: noPause, limit: { _tag: "SlidingWindow", ends: [] } }
}

export const bucket = (rate: Rate, burst: number): Fixed => {
  const size = Math.floor(burst)
  const limit = { _tag: "TokenBucket", size, from: Number.NEGATIVE_INFINITY, count: 0, lag: undefined } as const
  return { rate, pause: noPause, limit }
}

/** Without `Retry-After` a pause doubles with each refusal in a row, up to `per`. */
const pauseAfter = (pause: Pause, { per, requests }: Rate, now: number, outcome: Outcome): Pause => {
  if (outcome.status === "accepted") return { ...pause, refusals: 0 }
  const wait = outcome.retryAfter ?? Math.min(per, (per / requests) * 2 ** Math.min(pause.refusals, 30))
  return { until: Math.max(pause.until, now + wait), refusals: pause.refusals + 1 }
}

/** When so many requests since the bucket was full are regained. */
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

const on = (law: Fixed, event: StrategyEvent): Fixed => {
  const { limit, pause, rate } = law
  return {
    ...law,
    pause: event._tag === "replied" ? pauseAfter(pause, rate, event.now, event.outcome) : pause,
    limit: limit._tag === "SlidingWindow" ? onWindow(limit, rate, event) : onBucket(limit, rate, event)
  }
}

const nextAt = ({ limit, rate }: Fixed, now: number, inFlight: InFlight): number => {
  switch (limit._tag) {
    case "SlidingWindow": {
      const room = rate.requests - inFlight.length
      if (room <= 0) return Number.POSITIVE_INFINITY
      const end = limit.ends[limit.ends.length - room]
      return end === undefined ? now : end + rate.per
    }
    case "TokenBucket": {
      if (limit.count < limit.size || isFull(limit, rate, now)) return Number.NEGATIVE_INFINITY
      // the first reply tells the lag
      const replyBy = (inFlight[0]?.sentAt ?? Number.NEGATIVE_INFINITY) + longestLag
      return limit.lag === undefined && replyBy > now ? replyBy : regained(limit, rate, limit.count - limit.size + 1)
    }
  }
}

const timing = (law: Fixed, now: number, inFlight: InFlight): Timing => {
  const { until } = law.pause
  return {
    nextAt: Math.max(until, nextAt(law, now, inFlight)),
    heldUntil: now < until ? until : Number.NEGATIVE_INFINITY,
    holdEnds: until,
    isTimed: true
  }
}

/** When the last of so many further requests goes, were there no pause. */
const lastAt = ({ limit, rate }: Fixed, now: number, requests: number, inFlight: InFlight): number => {
  switch (limit._tag) {
    case "SlidingWindow": {
      const { ends } = limit
      // an end that is longer ago than the stretch counts too: its place is free already
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

const estimate = (law: Fixed, now: number, requests: number, inFlight: InFlight): number =>
  Math.max(0, law.pause.until - now, lastAt(law, now, requests, inFlight) - now)

export const strategy: Strategy<Fixed> = { on, timing, basis: () => "configured", estimate }
