import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { isEndurance } from "../../../../scripts/endurance.ts"
import { hasPostgres, hasRedis } from "../support/databases.ts"
import * as Postgres from "../support/postgres.ts"
import * as Redis from "../support/redis.ts"
import { type Figures, measure } from "../support/sharedPace.ts"

/** Ten a second: six hundred a minute. */
const common = { workers: 4, rate: { requests: 10, perMillis: 1000 }, burst: 10 }

const check =
  (requests: number) =>
  ({ failedWorkers, least, refused, sent, sentWithoutStore, sleeps, took }: Figures) => {
    expect(failedWorkers).toBe(0)
    // each worker may have had its turn just before the store was stopped
    expect(sentWithoutStore).toBeLessThanOrEqual(common.workers)
    expect(refused).toBeLessThanOrEqual(0.02 * sent)
    expect(sent - refused).toBe(requests)
    // a machine that is busy wakes every sleeper late, which is not the pace's doing
    const late = Math.max(0, sleeps - (requests - 1) * 100)
    expect(took).toBeLessThanOrEqual(1.15 * least + 2 * late)
  }

/** At ten a second. */
const requests = isEndurance ? 160 : 40

/** A few seconds, on a machine that may be busy. */
const limit = 240_000

const postgres = Effect.map(Postgres.postgres, ({ start, stop, url }) => ({
  store: url("postgres"),
  outage: { millis: 2000, stop: stop(), start: Effect.orDie(start) }
}))

const redis = Effect.map(Redis.redis, ({ start, stop, url }) => ({
  store: url,
  outage: { millis: 2000, stop, start: Effect.orDie(start) }
}))

for (const [name, isHere, server] of [
  ["Postgres", hasPostgres, postgres],
  ["Redis", hasRedis, redis]
] as const) {
  describe.skipIf(!isHere)(`four workers that share 600 a minute over ${name}`, { concurrent: true }, () => {
    it.scopedLive(
      "which is stopped for a while, send nothing without it and lose no time",
      () =>
        Effect.flatMap(server, (store) =>
          Effect.map(measure({ ...common, ...store, requests, processes: false }), check(requests))
        ),
      limit
    )

    it.scopedLive(
      "as processes of their own",
      () =>
        Effect.flatMap(server, ({ store }) =>
          Effect.map(measure({ ...common, store, requests, processes: true }), check(requests))
        ),
      limit
    )
  })
}
