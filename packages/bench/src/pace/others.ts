/** Servers without a goal. Their figures are only reported. */
import {
  type Draw,
  type Family,
  family,
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

interface Change {
  readonly counted?: Servers.Counted
  readonly kind?: "bucket"
  readonly burst?: number
  readonly work?: Partial<Work>
  readonly server?: (server: Servers.Server) => Servers.Server
}

const headersOf = ({ pick }: Draw): Headers | undefined => (pick(true, false) ? retryAfterSeconds : undefined)
const noOrPart = ({ pick }: Draw): Servers.Counted => pick<Servers.Counted>("no", "part")

/** Makes a server with a strict quota and one more property, for 200 requests. */
const quota = (name: string, number: number, change: (drawn: Draw) => Change): Family =>
  family(name, number, {}, (drawn) => {
    const { pick } = drawn
    const perMinute = pick(3, 7, 10, 20, 60)
    const { burst, counted = "no", server = (one) => one, ...changed } = change(drawn)
    const kind = pick<Kind>("bucket", "window of the first call", "window of the clock")
    const one = quotaOf(drawn, perMinute, changed.kind ?? kind, counted, burst)
    const fibers = pick(1, 4, 8, 16, 64)
    const work = { requests: 200, fibers, latency: latencyOf(drawn), ...changed.work }
    return {
      what: `${one.what}, ${work.headers === undefined ? "no header" : "Retry-After"}, ${fibers} fibers, latency ${work.latency.join("–")}`,
      server: () => server(one.server()),
      work,
      least: Math.max(one.least(work.requests * (work.clients ?? 1)), rounds(work))
    }
  })

const slidingWindow = family("sliding windows", 100, {}, (drawn) => {
  const { pick } = drawn
  const size = pick(3, 7, 10, 20, 60)
  const counted = pick<Servers.Counted>("no", "no", "part")
  const headers = headersOf(drawn)
  const work = { requests: 200, fibers: pick(1, 4, 8, 16, 64), latency: latencyOf(drawn), headers }
  return {
    what: `sliding ${size}/min, counted: ${counted}, ${headers === undefined ? "no header" : "Retry-After"}, ${work.fibers} fibers`,
    server: () => Servers.sliding(size, Servers.minute, counted),
    work,
    least: Math.max(rounds(work), (Math.ceil(200 / size) - 1) * Servers.minute)
  }
})

const shed = (share: number, number: number, headers?: Headers): Family =>
  family(
    `${100 * share} % refused at random, ${headers === undefined ? "no header" : "Retry-After 1 s"}`,
    number,
    {},
    ({ pick, seed }) => {
      const work = { requests: 500, fibers: pick(1, 8, 32), latency: [20, 80], headers } as const
      const server = () => Servers.shedding(share, random(seed))
      return { what: `${work.fibers} fibers`, server, work, least: rounds(work) / (1 - share) }
    }
  )

const shared = (name: string, number: number, clients: number, requests: number): Family =>
  quota(name, number, (drawn) => ({ counted: noOrPart(drawn), work: { headers: headersOf(drawn), clients, requests } }))

export const others: ReadonlyArray<Family> = [
  slidingWindow,
  quota("x-ratelimit headers", 110, () => ({ work: { headers: remaining } })),
  quota("Retry-After always 1 s", 120, () => ({ work: { headers: retryAfterOf(1000) } })),
  quota("Retry-After always 60 s", 121, () => ({ work: { headers: retryAfterOf(60_000) } })),
  quota("debt: a refused request costs a token", 130, (drawn) => ({
    counted: "debt",
    kind: "bucket",
    work: { headers: headersOf(drawn) }
  })),
  quota("no burst at all", 132, (drawn) => ({
    kind: "bucket",
    burst: 1,
    counted: noOrPart(drawn),
    work: { headers: headersOf(drawn) }
  })),
  shared("two clients of ours share the quota", 137, 2, 100),
  shared("five clients of ours share the quota", 138, 5, 60),
  quota("a quota, and 2 % refused at random", 139, (drawn) => ({
    counted: noOrPart(drawn),
    server: (server) => Servers.shedding(0.02, random(drawn.seed), server),
    work: { headers: headersOf(drawn) }
  })),
  shed(0.1, 152),
  shed(0.1, 153, retryAfterOf(1000)),
  shed(0.3, 154),
  shed(0.3, 155, retryAfterOf(1000)),
  shed(0.6, 156),
  shed(0.6, 157, retryAfterOf(1000)),
  family("no quota, 100 calls by 100 fibers", 180, {}, () => {
    const work = { requests: 100, fibers: 100, latency: [100, 100] } as const
    return { what: "at once", server: () => Servers.unlimited, work, least: rounds(work) }
  })
]
