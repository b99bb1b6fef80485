/** Servers that no goal names: what the pace makes of them is reported. */

import {
  type Case,
  draw,
  type Family,
  type Kind,
  latencyOf,
  quotaOf,
  remaining,
  retryAfterOf,
  retryAfterSeconds,
  rounds
} from "./families.ts"
import { random } from "./random.ts"
import * as Servers from "./servers.ts"
import type { Headers, Work } from "./simulation.ts"

const { minute } = Servers

const other = (
  name: string,
  number: number,
  make: (drawn: ReturnType<typeof draw>, index: number) => Case
): Family => ({
  name,
  goal: {},
  make: (index) => make(draw(number, index), index)
})

const told = (is: boolean): Headers | undefined => (is ? retryAfterSeconds : undefined)

/** A strict quota, 200 requests, with something else about it. */
const quota = (
  name: string,
  number: number,
  change: (drawn: ReturnType<typeof draw>) => {
    readonly counted?: Servers.Counted
    readonly kinds?: readonly [Kind, ...ReadonlyArray<Kind>]
    readonly perMinute?: number
    readonly burst?: number
    readonly length?: number
    readonly work?: Partial<Work>
    readonly server?: (server: Servers.Server) => Servers.Server
    readonly least?: number
  }
): Family =>
  other(name, number, (drawn) => {
    const { pick, seed } = drawn
    const perMinute = pick(3, 7, 10, 20, 60)
    const changed = change(drawn)
    const kind = pick<Kind>(...(changed.kinds ?? ["bucket", "window of the first call", "window of the clock"]))
    const one = quotaOf(drawn, {
      perMinute: changed.perMinute ?? perMinute,
      kind,
      counted: changed.counted ?? "no",
      ...(changed.burst === undefined ? {} : { burst: changed.burst }),
      ...(changed.length === undefined ? {} : { length: changed.length })
    })
    const work: Work = {
      requests: 200,
      fibers: pick(1, 4, 8, 16, 64),
      latency: latencyOf(drawn),
      seed,
      ...changed.work
    }
    return {
      what: `${one.what}, ${work.headers === undefined ? "untold" : "told"}, ${work.fibers} fibers, latency ${work.latency.join("–")}`,
      server: () => (changed.server ?? ((server) => server))(one.server()),
      work,
      least: Math.max(one.least(work.requests * (work.clients ?? 1)), rounds(work), changed.least ?? 0)
    }
  })

const slidingWindow = other("sliding windows", 100, (drawn) => {
  const { pick, seed } = drawn
  const size = pick(3, 7, 10, 20, 60)
  const counted = pick<Servers.Counted>("no", "no", "part")
  const isTold = pick(true, false)
  const work: Work = {
    requests: 200,
    fibers: pick(1, 4, 8, 16, 64),
    latency: latencyOf(drawn),
    seed,
    headers: told(isTold)
  }
  return {
    what: `sliding ${size}/min, counted: ${counted}, ${isTold ? "told" : "untold"}, ${work.fibers} fibers`,
    server: () => Servers.sliding(size, minute, counted),
    work,
    least: Math.max(rounds(work), (Math.ceil(200 / size) - 1) * minute)
  }
})

const headers: ReadonlyArray<Family> = [
  quota("x-ratelimit headers", 110, () => ({ work: { headers: remaining } })),
  quota("x-ratelimit headers and Retry-After", 111, () => ({
    work: { headers: (answer, left) => ({ ...retryAfterSeconds(answer, left), ...remaining(answer, left) }) }
  })),
  quota("x-ratelimit-remaining without a reset", 112, () => ({
    work: { headers: (_, left) => left && { limit: left.limit, remaining: left.remaining } }
  })),
  other("x-ratelimit headers that are wrong: nothing remains, no quota", 113, ({ pick, seed }) => {
    const reset = pick(1000, 6000, 60_000, 3_600_000)
    return {
      what: `remaining 0, reset ${reset}`,
      server: () => Servers.unlimited,
      work: {
        requests: 30,
        fibers: pick(1, 8),
        latency: [50, 200],
        seed,
        headers: () => ({ limit: 10, remaining: 0, reset })
      },
      least: 30 * reset
    }
  }),
  quota("x-ratelimit headers that are wrong: always plenty", 114, () => ({
    work: { headers: () => ({ limit: 1000, remaining: 999, reset: 60_000 }) }
  })),
  quota("x-ratelimit headers of another quota, tokens a second", 115, ({ pick }) => ({
    work: { headers: (_, left) => left && { limit: 100, remaining: pick(0, 1, 50), reset: 1000 } }
  }))
]

const retryAfters: ReadonlyArray<Family> = [
  quota("Retry-After always 1 s", 120, () => ({ work: { headers: retryAfterOf(1000) } })),
  quota("Retry-After always 60 s", 121, () => ({ work: { headers: retryAfterOf(60_000) } })),
  quota("Retry-After 0", 122, () => ({ work: { headers: retryAfterOf(0) } })),
  quota("Retry-After random, 0 to 30 s", 123, ({ next }) => ({
    work: { headers: ({ accepted }) => (accepted ? undefined : { retryAfter: next() * 30_000 }) }
  })),
  quota("Retry-After on some refusals", 124, ({ next }) => ({
    work: { headers: (answer, left) => (next() < 0.5 ? retryAfterSeconds(answer, left) : undefined) }
  }))
]

const quotas: ReadonlyArray<Family> = [
  quota("debt: a refused request costs a token", 130, ({ pick }) => ({
    counted: "debt",
    kinds: ["bucket"],
    work: { headers: told(pick(true, false)) }
  })),
  quota("a refusal makes the wait begin anew", 131, ({ pick }) => ({
    counted: "anew",
    kinds: ["window of the first call"],
    work: { headers: told(pick(true, false)) }
  })),
  quota("no burst at all", 132, ({ pick }) => ({
    kinds: ["bucket"],
    burst: 1,
    counted: pick<Servers.Counted>("no", "part"),
    work: { headers: told(pick(true, false)) }
  })),
  quota("1 and 2 a minute", 133, ({ pick }) => ({
    perMinute: pick(1, 2),
    counted: pick<Servers.Counted>("no", "part"),
    work: { headers: told(pick(true, false)), requests: 40 }
  })),
  quota("by the second: 2 to 50", 134, ({ pick }) => ({
    perMinute: 60 * pick(2, 5, 10, 50),
    length: 1000,
    burst: pick(2, 10, 50),
    work: { headers: told(pick(true, false)), requests: 2000 }
  })),
  quota("by ten seconds and by five minutes", 135, ({ pick }) => ({
    length: pick(10_000, 300_000),
    kinds: ["window of the first call", "window of the clock"],
    perMinute: pick(6, 12, 60),
    work: { headers: told(pick(true, false)) }
  })),
  quota("500 and 5,000 a minute, by ten seconds", 144, ({ pick }) => ({
    length: 10_000,
    kinds: ["window of the first call", "window of the clock"],
    perMinute: pick(500, 5000),
    work: { headers: told(pick(true, false)), requests: 3000, fibers: 64 }
  })),
  quota("by the hour: 60 and 300", 136, ({ pick }) => ({
    length: 60 * minute,
    kinds: ["window of the first call"],
    perMinute: pick(1, 5),
    work: { headers: told(pick(true, false)), requests: 400 }
  })),
  quota("two clients of ours share the quota", 137, ({ pick }) => ({
    counted: pick<Servers.Counted>("no", "part"),
    work: { headers: told(pick(true, false)), clients: 2, requests: 100 }
  })),
  quota("five clients of ours share the quota", 138, ({ pick }) => ({
    counted: pick<Servers.Counted>("no", "part"),
    work: { headers: told(pick(true, false)), clients: 5, requests: 60 }
  })),
  quota("a quota, and 2 % refused at random", 139, ({ pick, seed }) => ({
    counted: pick<Servers.Counted>("no", "part"),
    server: (server) => Servers.shedding(0.02, random(seed), server),
    work: { headers: told(pick(true, false)) }
  })),
  quota("waves of 20 requests, four minutes apart", 140, ({ pick }) => ({
    perMinute: pick(10, 20),
    least: 9 * 4 * minute,
    work: {
      fibers: pick(1, 4, 8, 20),
      headers: told(pick(true, false)),
      wantedAt: (index) => Math.floor(index / 20) * 4 * minute
    }
  })),
  quota("very slow replies, 5 to 70 s", 141, ({ pick }) => ({
    work: { headers: told(pick(true, false)), latency: [5000, 70_000], fibers: pick(4, 8, 16) }
  })),
  quota("5 % of replies never come", 142, ({ pick }) => ({
    work: { headers: told(pick(true, false)), lost: 0.05 }
  }))
]

const sheds: ReadonlyArray<Family> = [0.005, 0.1, 0.3, 0.6].flatMap((share, i) =>
  [false, true].map((isTold) =>
    other(
      `${100 * share} % refused at random, ${isTold ? "told 1 s" : "untold"}`,
      150 + 2 * i + (isTold ? 1 : 0),
      (drawn) => {
        const work: Work = {
          requests: 500,
          fibers: drawn.pick(1, 8, 32),
          latency: [20, 80],
          seed: drawn.seed,
          headers: isTold ? retryAfterOf(1000) : undefined
        }
        return {
          what: `${work.fibers} fibers`,
          server: () => Servers.shedding(share, random(drawn.seed)),
          work,
          least: rounds(work) / (1 - share)
        }
      }
    )
  )
)

const outages: ReadonlyArray<Family> = [
  other("an outage: all refused for a while", 160, (drawn) => {
    const { pick, seed } = drawn
    const seconds = pick(5, 30, 120, 400)
    const isTold = pick(true, false)
    const work: Work = {
      requests: 500,
      fibers: pick(1, 8, 32),
      latency: latencyOf(drawn),
      seed,
      headers: isTold ? retryAfterOf(5000) : undefined
    }
    const from = pick(0, 300, 2000)
    return {
      what: `from ${from} ms for ${seconds} s, ${isTold ? "told 5 s" : "untold"}, ${work.fibers} fibers, latency ${work.latency.join("–")}`,
      server: () => Servers.arbitrary((_, now) => now >= from && now < from + seconds * 1000),
      work,
      least: rounds(work) + seconds * 1000
    }
  }),
  other("a few stray 429s, each alone", 161, (drawn) => {
    const { pick, seed } = drawn
    const every = pick(15, 40, 100)
    const isTold = pick(true, false)
    const work: Work = {
      requests: 400,
      fibers: pick(1, 2, 8),
      latency: latencyOf(drawn),
      seed,
      headers: isTold ? retryAfterOf(1000) : undefined
    }
    return {
      what: `every ${every}th, ${isTold ? "told 1 s" : "untold"}, ${work.fibers} fibers, latency ${work.latency.join("–")}`,
      server: () => Servers.arbitrary((request) => request % every === every - 1),
      work,
      least: rounds(work) + (isTold ? 1000 * Math.ceil(400 / every) : 0)
    }
  })
]

const limits: ReadonlyArray<Family> = [1, 2, 8, 32].map((most, i) =>
  other(`${most} in flight`, 170 + i, (drawn) => {
    const { pick, seed } = drawn
    const isTold = pick(true, false)
    const size = { requests: pick(200, 1000), fibers: pick(4, 16, 64), latency: latencyOf(drawn) }
    return {
      what: `${size.requests} by ${size.fibers}, ${isTold ? "told 1 s" : "untold"}, latency ${size.latency.join("–")}`,
      server: () => Servers.concurrent(most),
      work: { ...size, seed, headers: isTold ? retryAfterOf(1000) : undefined },
      least: rounds({ ...size, fibers: Math.min(most, size.fibers) })
    }
  })
)

const sizes: Family = other("no quota, other sizes", 180, ({ pick, seed }) => {
  const fibers = pick(16, 32, 64, 100)
  const requests = fibers * pick(1, 2, 4, 20)
  return {
    what: `${requests} by ${fibers}`,
    server: () => Servers.unlimited,
    work: { requests, fibers, latency: [100, 100], seed },
    least: rounds({ requests, fibers, latency: [100, 100] })
  }
})

export const others: ReadonlyArray<Family> = [
  slidingWindow,
  ...headers,
  ...retryAfters,
  ...quotas,
  ...sheds,
  ...outages,
  ...limits,
  sizes
]
