/**
 * Measures the whole client for Effect 4 on a virtual clock with the servers of `simulation.ts`: its retries, queue and
 * timeouts, with the default rate limiter or Effect's.
 */
import * as CheckpointPermissions from "@checkpoint-permissions/effect4/CheckpointPermissions"
import * as Pacing from "@checkpoint-permissions/effect4/Pacing"
import * as VirtualClock from "@checkpoint-permissions/effect4/VirtualClock"
import * as Clock from "effect-4/Clock"
import * as Effect from "effect-4/Effect"
import * as HttpClient from "effect-4/http/HttpClient"
import * as HttpClientResponse from "effect-4/http/HttpClientResponse"
import * as RateLimiter from "effect-4/persistence/RateLimiter"
import * as Random from "effect-4/Random"
import * as Redacted from "effect-4/Redacted"
import * as References from "effect-4/References"
import { random } from "./random.ts"
import type { Server } from "./servers.ts"
import type { Result, Work } from "./simulation.ts"

export type Pace = "adaptive" | "limiter"

const page = JSON.stringify({ object: "list", data: [], first_id: null, last_id: null, has_more: false })
const refusal = JSON.stringify({ error: { message: "Rate limit reached", type: "requests", code: null, param: null } })

const headersOf = (outcome: ReturnType<NonNullable<Work["headers"]>>): Record<string, string> => ({
  "content-type": "application/json",
  ...(outcome?.retryAfter === undefined ? {} : { "retry-after": String(outcome.retryAfter / 1000) }),
  ...(outcome?.limit === undefined ? {} : { "x-ratelimit-limit-requests": String(outcome.limit) }),
  ...(outcome?.remaining === undefined ? {} : { "x-ratelimit-remaining-requests": String(outcome.remaining) }),
  ...(outcome?.reset === undefined ? {} : { "x-ratelimit-reset-requests": `${outcome.reset / 1000}s` })
})

const nothing = { sent: 0, refused: 0, failed: 0 }

/** Sends to the server, with the latency of the work. */
const transport = (server: Server, work: Work, seed: number, counts: typeof nothing): HttpClient.HttpClient => {
  const next = random(seed)
  const [shortest, longest] = work.latency
  return HttpClient.make((request) =>
    Effect.gen(function* () {
      counts.sent += 1
      const latency = Math.ceil(shortest + next() * (longest - shortest))
      const there = Math.ceil(latency * next())
      yield* Effect.sleep(there)
      const now = yield* Clock.currentTimeMillis
      const answer = server.arrive(now)
      const headers = headersOf(work.headers?.(answer, server.left?.(now)))
      if (!answer.accepted) counts.refused += 1
      yield* Effect.ensuring(
        Effect.sleep(latency - there),
        Effect.map(Clock.currentTimeMillis, (then) => (answer.accepted ? server.finish?.(then) : undefined))
      )
      const [status, body] = answer.accepted ? [200, page] : [429, refusal]
      return HttpClientResponse.fromWeb(request, new Response(body, { status, headers }))
    })
  )
}

/** Effect's limiter, which reads the headers of a 429. The retry policy decides when to retry. */
const limited = (limiter: RateLimiter.RateLimiter): Partial<CheckpointPermissions.Options> => ({
  pacing: Pacing.none,
  transformClient: (client) =>
    client.pipe(
      HttpClient.withRateLimiter({ limiter, key: "list", limit: 100_000, window: "1 minute", times: 0 }),
      HttpClient.catchTag("RateLimiterError", (error) => Effect.die(error))
    )
})

const client = Effect.fnUntraced(function* (
  server: Server,
  work: Work,
  seed: number,
  pace: Pace,
  counts: typeof nothing
) {
  const options = pace === "limiter" ? limited(yield* RateLimiter.make) : {}
  const service = yield* CheckpointPermissions.make({ adminKey: Redacted.make("sk-admin-pace"), ...options }).pipe(
    Effect.provideService(HttpClient.HttpClient, transport(server, work, seed, counts))
  )
  const call = Effect.catch(service.list("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"), () =>
    Effect.sync(() => {
      counts.failed += 1
    })
  )
  yield* Effect.forEach(Array.from({ length: work.requests }), () => call, { concurrency: work.fibers, discard: true })
}, Effect.provide(RateLimiter.layerStoreMemory))

export const simulate = (server: Server, work: Work, pace: Pace): Promise<Result> => {
  const counts = { ...nothing }
  const clients = Array.from({ length: work.clients ?? 1 }, (_, i) => work.seed + 7919 * i)
  return Effect.forEach(clients, (seed) => client(server, work, seed, pace, counts), { concurrency: "unbounded" }).pipe(
    Effect.andThen(Clock.currentTimeMillis),
    Effect.map((time) => ({ ...counts, time })),
    Random.withSeed(work.seed),
    Effect.provideService(References.MinimumLogLevel, "None"),
    VirtualClock.run,
    Effect.runPromise
  )
}
