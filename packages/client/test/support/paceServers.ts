/** Servers with a quota, as far as a pace can tell: all of a mind to refuse what is one too many. Times in milliseconds. */

export const minute = 60_000

export interface Server {
  /** A request arrives: 0 when it is taken, else how long until one can be. */
  readonly arrive: (now: number) => number
  /** What it says in `x-ratelimit-*` headers: how many are left, and when all are back. */
  readonly left: (now: number) => { readonly limit: number; readonly remaining: number; readonly reset: number }
  /** The least time in which so many requests can be taken, all of them wanted at 0. */
  readonly least: (requests: number) => number
}

/** What a refused request costs: nothing, the part of a token there was, a whole token (debt), or a wait that begins anew. */
export type Counted = "no" | "part" | "debt" | "anew"

export type RateAt = (now: number) => number

const leastContinuous =
  (rate: RateAt) =>
  (requests: number): number => {
    let left = requests - rate(0)
    let now = 0
    const step = 50
    while (left > 1e-9) {
      left -= (rate(now) * step) / minute
      now += step
    }
    return now
  }

/** A bucket of a minute's worth, or of another size, refilled little by little. */
export const continuous = (rate: RateAt, counted: Counted, burst?: number): Server => {
  let level = burst ?? rate(0)
  let time = 0
  const settle = (now: number): void => {
    // the rate changes seldom: a second at a time is exact enough
    while (time < now) {
      const until = Math.min(now, (Math.floor(time / 1000) + 1) * 1000)
      level = Math.min(burst ?? rate(until), level + ((until - time) * rate(time)) / minute)
      time = until
    }
  }
  return {
    arrive: (now) => {
      settle(now)
      if (level >= 1 - 1e-9) {
        level -= 1
        return 0
      }
      if (counted === "part") level = 0
      if (counted === "debt") level -= 1
      return ((1 - level) * minute) / rate(now)
    },
    left: (now) => {
      settle(now)
      const missing = rate(now) - level
      return { limit: rate(now), remaining: Math.max(0, Math.floor(level)), reset: (missing * minute) / rate(now) }
    },
    least: leastContinuous(rate)
  }
}

/** So many calls a window of a minute; the first window ends at `phase`, or a minute after the first call. */
export const windowed = (rate: RateAt, phase: number | undefined, counted: Counted): Server => {
  let end = phase ?? Number.NaN
  let used = 0
  return {
    arrive: (now) => {
      if (Number.isNaN(end)) end = now + minute
      if (now >= end) {
        const windows = Math.floor((now - end) / minute) + 1
        used = counted === "debt" ? Math.max(0, used - windows * Math.floor(rate(now))) : 0
        end += windows * minute
      }
      if (used < Math.floor(rate(now))) {
        used += 1
        return 0
      }
      if (counted === "debt") used += 1
      if (counted === "anew") end = now + minute
      return end - now
    },
    left: (now) => ({ limit: rate(now), remaining: Math.max(0, Math.floor(rate(now)) - used), reset: end - now }),
    least: (requests) => {
      let left = requests - Math.floor(rate(0))
      let now = phase ?? minute
      if (left <= 0) return 0
      for (;;) {
        left -= Math.floor(rate(now))
        if (left <= 0) return now
        now += minute
      }
    }
  }
}

/** At most so many in the minute before each call. */
export const sliding = (rate: RateAt, counted: Counted): Server => {
  let calls: Array<number> = []
  return {
    arrive: (now) => {
      calls = calls.filter((at) => at + minute > now)
      const most = Math.floor(rate(now))
      if (calls.length < most) {
        calls.push(now)
        return 0
      }
      if (counted !== "no") calls.push(now)
      return (calls[calls.length - most] ?? now) + minute - now
    },
    left: (now) => ({ limit: rate(now), remaining: Math.max(0, rate(now) - calls.length), reset: minute }),
    least: (requests) => Math.max(0, Math.ceil(requests / Math.floor(rate(0))) - 1) * minute
  }
}

export const unlimited: Server = {
  arrive: () => 0,
  left: () => ({ limit: 1e6, remaining: 1e6, reset: 0 }),
  least: () => 0
}
