/** Servers with a quota, each with its own rule. Times are milliseconds. */
import type { Random } from "./random.ts"

export const minute = 60_000

/** The server's decision about a request. */
export interface Answer {
  readonly accepted: boolean
  /** The time until a request can be accepted, if the server knows it. */
  readonly wait?: number | undefined
}

export interface Server {
  readonly arrive: (now: number) => Answer
  /** Called when the reply to an accepted request is sent. */
  readonly finish?: ((now: number) => void) | undefined
  /** The values of the `x-ratelimit-*` headers: remaining requests, and the time until all are available. */
  readonly left?:
    | ((now: number) => { readonly limit: number; readonly remaining: number; readonly reset: number })
    | undefined
}

/** The rate at a time, in requests per minute. */
export type RateAt = (now: number) => number

/** The cost of a refused request: nothing, the fraction of a token that is left, or a whole token (debt). */
export type Counted = "no" | "part" | "debt"

const accepted: Answer = { accepted: true }

/** Makes a token bucket of size `burst` that refills one by one. */
export const bucket = (rate: RateAt, burst: RateAt | number, counted: Counted = "no"): Server => {
  const size = (now: number): number => (typeof burst === "number" ? burst : burst(now))
  let level = size(0)
  let time = 0
  const refill = (now: number): void => {
    // rates change rarely, so steps of one second are exact enough
    while (time < now) {
      const until = Math.min(now, (Math.floor(time / 1000) + 1) * 1000)
      level = Math.min(size(until), level + ((until - time) * rate(time)) / minute)
      time = until
    }
  }
  return {
    arrive: (now) => {
      refill(now)
      if (level >= 1 - 1e-9) {
        level -= 1
        return accepted
      }
      if (counted === "part") level = Math.min(level, 0)
      if (counted === "debt") level -= 1
      return { accepted: false, wait: ((1 - level) * minute) / rate(now) }
    },
    left: (now) => {
      refill(now)
      const limit = size(now)
      return { limit, remaining: Math.max(0, Math.floor(level)), reset: ((limit - level) * minute) / rate(now) }
    }
  }
}

/** Allows `size` requests per window. The first window ends at `phase`, or a `length` after the first request. */
export const windows = (size: RateAt, length: number, phase: number | undefined): Server => {
  let end = phase ?? Number.NaN
  let used = 0
  const startWindow = (now: number): void => {
    if (Number.isNaN(end)) end = now + length
    if (now < end) return
    if (phase === undefined) end = now + length
    else end += (Math.floor((now - end) / length) + 1) * length
    used = 0
  }
  return {
    arrive: (now) => {
      startWindow(now)
      if (used < Math.floor(size(now))) {
        used += 1
        return accepted
      }
      return { accepted: false, wait: end - now }
    },
    left: (now) => {
      startWindow(now)
      const limit = Math.floor(size(now))
      return { limit, remaining: Math.max(0, limit - used), reset: end - now }
    }
  }
}

/** Allows `size` requests in the `length` before each request. */
export const sliding = (size: number, length: number, counted: Counted = "no"): Server => {
  let calls: Array<number> = []
  return {
    arrive: (now) => {
      calls = calls.filter((at) => at + length > now)
      const free = calls.length < size
      if (free || counted !== "no") calls.push(now)
      return free ? accepted : { accepted: false, wait: (calls[calls.length - size] ?? now) + length - now }
    }
  }
}

/** Allows a number of concurrent requests. */
export const concurrent = (most: number): Server => {
  let underWay = 0
  return {
    arrive: () => {
      if (underWay >= most) return { accepted: false }
      underWay += 1
      return accepted
    },
    finish: () => {
      underWay -= 1
    }
  }
}

/** Refuses requests by a predicate of their number, from 0, and the time. */
export const arbitrary = (refuses: (index: number, now: number) => boolean): Server => {
  let index = 0
  return { arrive: (now) => ({ accepted: !refuses(index++, now) }) }
}

export const unlimited: Server = { arrive: () => accepted }

/** Refuses a share of the requests, independent of the rate. */
export const shedding = (share: number, random: Random, inner: Server = unlimited): Server => ({
  ...inner,
  arrive: (now) => (random() < share ? { accepted: false } : inner.arrive(now))
})

/** Adds requests of other clients. `gap` returns the time between two of them, at a time. */
export const withRival = (inner: Server, next: (now: number) => number): Server => {
  let at = next(0)
  return {
    ...inner,
    arrive: (now) => {
      while (at <= now) {
        inner.arrive(at)
        at = next(at)
      }
      return inner.arrive(now)
    }
  }
}
