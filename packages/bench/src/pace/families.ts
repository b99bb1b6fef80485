/** The measured families of servers, each with many variants. */
import { random } from "./random.ts"
import * as Servers from "./servers.ts"
import { type Headers, type Result, simulate, type Work } from "./simulation.ts"

const { minute } = Servers

export interface Case {
  readonly what: string
  readonly server: () => Servers.Server
  readonly work: Work
  /** The time of a client that knows the server's rule, in milliseconds. */
  readonly least: number
}

/** The limits for the worst and the mean of a family, as shares of 1. */
export interface Goal {
  /** The time relative to the least time. */
  readonly ratio?: number
  readonly refused?: number
  readonly refusedMean?: number
  /** Seconds more than the least time. */
  readonly extra?: number
  /** The mean and the 95th percentile, in seconds. */
  readonly seconds?: { readonly mean: number; readonly most: number }
}

export interface Family {
  readonly name: string
  readonly goal: Goal
  /** Returns a variant by its number. */
  readonly make: (index: number) => Case
}

export interface Measured extends Result {
  readonly what: string
  readonly ratio: number
  /** Seconds more than the least time. */
  readonly extra: number
  readonly refusedShare: number
}

export const measured = (one: Case, result: Result): Measured => ({
  ...result,
  what: one.what,
  ratio: result.time / one.least,
  extra: (result.time - one.least) / 1000,
  refusedShare: result.refused / result.sent
})

export const measure = (one: Case): Measured => measured(one, simulate(one.server(), one.work))

export const retryAfterSeconds: Headers = ({ wait }) =>
  wait === undefined ? undefined : { retryAfter: Math.ceil(wait / 1000) * 1000 }
export const retryAfterOf =
  (millis: number): Headers =>
  ({ accepted }) =>
    accepted ? undefined : { retryAfter: millis }
export const remaining: Headers = (_, left) =>
  left && { limit: left.limit, remaining: left.remaining, reset: Math.ceil(left.reset / 1000) * 1000 }

/** The variants, the same in each run, in random order. */
const draw = (family: number, index: number) => {
  const next = random(family * 100_003 + index * 7919 + 17)
  next()
  return {
    index,
    next,
    seed: Math.floor(next() * 2 ** 31),
    pick: <A>(...all: readonly [A, ...ReadonlyArray<A>]): A => all[Math.floor(next() * all.length)] ?? all[0],
    between: (least: number, most: number): number => least + (most - least) * next()
  }
}

export type Draw = ReturnType<typeof draw>

/** Random values of a variant. The number of the family is part of the seed, so no two families draw the same. */
export const family = (
  name: string,
  number: number,
  goal: Goal,
  make: (drawn: Draw) => Omit<Case, "work"> & { readonly work: Omit<Work, "seed"> }
): Family => ({
  name,
  goal,
  make: (index) => {
    const drawn = draw(number, index)
    const { work, ...more } = make(drawn)
    return { ...more, work: { ...work, seed: drawn.seed } }
  }
})

type Latency = readonly [shortest: number, longest: number]

export const latencyOf = ({ pick }: Draw): Latency => pick<Latency>([50, 200], [50, 200], [20, 30], [200, 900])

/** Returns the time of the network alone. */
export const rounds = ({ fibers, latency, requests }: Pick<Work, "requests" | "fibers" | "latency">): number =>
  (Math.ceil(requests / fibers) * (latency[0] + latency[1])) / 2

export type Kind = "bucket" | "window of the first call" | "window of the clock"

interface Quota {
  readonly server: () => Servers.Server
  /** Returns the least time for a number of requests. */
  readonly least: (requests: number) => number
  readonly what: string
}

export const quotaOf = (
  { next }: Draw,
  perMinute: number,
  kind: Kind,
  counted: Servers.Counted,
  burst = perMinute
): Quota => {
  const what = `${kind} ${perMinute}/min${kind === "bucket" ? ` burst ${burst}` : ""}, counted: ${counted}`
  if (kind === "bucket") {
    return {
      what,
      server: () => Servers.bucket(() => perMinute, burst, counted),
      least: (requests) => (Math.max(0, requests - burst) * minute) / perMinute
    }
  }
  const phase = kind === "window of the clock" ? next() * minute : undefined
  return {
    what: phase === undefined ? what : `${what}, ends at ${Math.round(phase)}`,
    server: () => Servers.windows(() => perMinute, minute, phase),
    least: (requests) => (Math.ceil(requests / perMinute) - 1) * minute
  }
}

const anyKind = ({ pick }: Draw): Kind =>
  pick<Kind>("bucket", "bucket", "window of the first call", "window of the clock")

const strict = (
  name: string,
  number: number,
  hasHeaders: boolean,
  fibers: (draw: Draw) => number,
  goal: Goal
): Family =>
  family(name, number, goal, (drawn) => {
    const { pick } = drawn
    const perMinute = pick(3, 5, 7, 10, 10, 20, 30, 60)
    const kind = anyKind(drawn)
    const counted = pick<Servers.Counted>("no", "part")
    const quota = quotaOf(drawn, perMinute, kind, counted, Math.max(1, Math.round(pick(1, 1, 1, 0.5) * perMinute)))
    const size = { requests: 200, fibers: fibers(drawn), latency: latencyOf(drawn) }
    return {
      what: `${quota.what}, ${size.fibers} fibers, latency ${size.latency.join("–")}`,
      server: quota.server,
      work: { ...size, headers: hasHeaders ? retryAfterSeconds : undefined },
      least: Math.max(quota.least(200), rounds(size))
    }
  })

const anyFibers = ({ pick }: Draw): number => pick(1, 2, 3, 4, 12, 16, 24, 32, 64, 100)

const stray = (name: string, number: number, hasHeaders: boolean): Family =>
  family(name, number, { extra: 5 }, (drawn) => {
    const at = drawn.index % 30
    const size = { requests: 30, fibers: 1, latency: latencyOf(drawn) }
    const retryAfter = hasHeaders ? drawn.pick(30, 1000, 1000, 5000, 20_000, 60_000) : undefined
    return {
      what: `429 at request ${at + 1}${retryAfter === undefined ? "" : `, Retry-After ${retryAfter} ms`}, latency ${size.latency.join("–")}`,
      server: () => Servers.arbitrary((request) => request === at),
      work: { ...size, headers: retryAfter === undefined ? undefined : retryAfterOf(retryAfter) },
      least: rounds(size) + (retryAfter ?? 0)
    }
  })

const atRandom = (name: string, number: number, hasHeaders: boolean): Family =>
  family(name, number, { seconds: { mean: 20, most: 45 } }, ({ index, seed }) => {
    const size = { requests: 500, fibers: 8, latency: [20, 80] } as const
    return {
      what: `2 % refused, seed ${index}`,
      server: () => Servers.shedding(0.02, random(seed)),
      work: { ...size, headers: hasHeaders ? retryAfterOf(1000) : undefined },
      least: rounds(size)
    }
  })

const inFlight = (name: string, number: number, hasHeaders: boolean, ratio: number): Family =>
  family(name, number, { ratio }, ({ index, pick }) => {
    const requests = pick(500, 1000, 2000)
    const size = { requests, fibers: 16, latency: pick<Latency>([50, 200], [100, 100], [200, 900]) }
    return {
      what: `4 of 16 in flight, ${requests} requests, latency ${size.latency.join("–")}, seed ${index}`,
      server: () => Servers.concurrent(4),
      work: { ...size, headers: hasHeaders ? retryAfterOf(1000) : undefined },
      least: rounds({ ...size, fibers: 4 })
    }
  })

const large = family("e. 500 and 5,000 a minute", 50, { ratio: 1.25, refused: 0.05 }, (drawn) => {
  const { pick } = drawn
  const perMinute = pick(500, 5000)
  const kind = anyKind(drawn)
  const counted = pick<Servers.Counted>("no", "part")
  const quota = quotaOf(drawn, perMinute, kind, counted, Math.round(perMinute * pick(1, 1, 0.25, 1 / 60)))
  const hasHeaders = pick(true, false)
  const size = { requests: 3000, fibers: 64, latency: latencyOf(drawn) }
  return {
    what: `${quota.what}, ${hasHeaders ? "Retry-After" : "no header"}, latency ${size.latency.join("–")}`,
    server: quota.server,
    work: { ...size, headers: hasHeaders ? retryAfterSeconds : undefined },
    least: Math.max(quota.least(3000), rounds(size))
  }
})

const steadyRival =
  (perMinute: number, phase: number) =>
  (now: number): number =>
    phase + (Math.floor((now - phase) / (minute / perMinute)) + 1) * (minute / perMinute)

const burstyRival = (size: number, phase: number): ((now: number) => number) => {
  let index = 0
  return () => phase + Math.floor(index++ / size) * minute
}

const rival = family("f. a rival takes half of 20", 60, { ratio: 1.4 }, (drawn) => {
  const { between, pick } = drawn
  const kind = pick<Kind>("bucket", "window of the first call", "window of the clock")
  const quota = quotaOf(drawn, 20, kind, pick<Servers.Counted>("no", "part"))
  const steady = pick(true, false)
  const phase = between(0, minute)
  const hasHeaders = pick(true, false)
  const size = { requests: 200, fibers: pick(1, 4, 8, 8, 16), latency: latencyOf(drawn) }
  return {
    what: `${quota.what}, ${steady ? "steadily" : "in bursts"}, ${hasHeaders ? "Retry-After" : "no header"}, ${size.fibers} fibers`,
    server: () => Servers.withRival(quota.server(), steady ? steadyRival(10, -phase) : burstyRival(10, phase)),
    work: { ...size, headers: hasHeaders ? retryAfterSeconds : undefined },
    least: kind === "bucket" ? ((200 - 20) / 10) * minute : (200 / 10 - 1) * minute
  }
})

const leastUnder = (rate: Servers.RateAt, requests: number, step: number): number => {
  let left = requests - rate(0)
  let now = 0
  while (left > 1e-9) {
    now += step
    left -= (rate(now) * step) / minute
  }
  return now
}

const changing = family("g. the quota doubles, or falls to a third", 70, { ratio: 1.45 }, (drawn) => {
  const { pick } = drawn
  const before = pick(6, 9, 12, 30, 60)
  const after = pick(2 * before, before / 3)
  const kind = pick<Kind>("bucket", "bucket", "window of the first call")
  const exact = ((200 - before) / before) * minute * 0.5
  const half = kind === "bucket" ? exact : Math.max(1, Math.round(exact / minute)) * minute
  const rate = (now: number): number => (now < half ? before : after)
  const hasHeaders = pick(true, false)
  const size = { requests: 200, fibers: pick(4, 8, 16), latency: latencyOf(drawn) }
  return {
    what: `${kind} ${before} then ${after}/min, ${hasHeaders ? "Retry-After" : "no header"}, ${size.fibers} fibers, latency ${size.latency.join("–")}`,
    server: () => (kind === "bucket" ? Servers.bucket(rate, rate) : Servers.windows(rate, minute, undefined)),
    work: { ...size, headers: hasHeaders ? retryAfterSeconds : undefined },
    least: leastUnder(rate, 200, kind === "bucket" ? 50 : minute)
  }
})

const unlimited = family("h. no quota", 80, { ratio: 1.5, refused: 0 }, ({ index, pick }) => {
  const [requests, fibers] = pick<readonly [number, number]>([8, 8], [64, 16], [1000, 64])
  const latency = [1, 10, 50, 100, 400, 1000, 5000][index % 7] ?? 1
  const work = { requests, fibers, latency: [latency, latency] } as const
  const what = `${requests} lists by ${fibers}, latency ${latency}`
  return { what, server: () => Servers.unlimited, work, least: rounds(work) }
})

/** The families with a goal. */
export const families: ReadonlyArray<Family> = [
  strict("a. strict, no header, 8 fibers", 10, false, () => 8, { ratio: 1.3, refused: 0.13, refusedMean: 0.1 }),
  strict("a. strict, Retry-After, 8 fibers", 11, true, () => 8, { ratio: 1.3, refused: 0.1, refusedMean: 0.09 }),
  strict("a. strict, no header, any fibers", 12, false, anyFibers, { ratio: 1.3, refused: 0.2 }),
  strict("a. strict, Retry-After, any fibers", 13, true, anyFibers, { ratio: 1.3, refused: 0.2 }),
  stray("b. one stray 429, no header", 20, false),
  stray("b. one stray 429, Retry-After", 21, true),
  atRandom("c. 2 % at random, no header", 30, false),
  atRandom("c. 2 % at random, Retry-After 1 s", 31, true),
  inFlight("d. 4 in flight, no header", 40, false, 1.5),
  inFlight("d. 4 in flight, Retry-After 1 s", 41, true, 1.9),
  large,
  rival,
  changing,
  unlimited
]
