import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { isEndurance } from "../../../../scripts/endurance.ts"
import { hasPostgres, hasRedis } from "../support/databases.ts"
import * as Postgres from "../support/postgres.ts"
import * as Redis from "../support/redis.ts"
import { type Figures, isAway, isBack, measure } from "../support/sharedPace.ts"

/** Ten a second: six hundred a minute. */
const common = { workers: 4, rate: { requests: 10, perMillis: 1000 }, burst: 10 }

/** Why a store is away that did not answer in time, or with which there was no connection in time. */
const tooLate = /no answer|time(d )?out|ETIMEDOUT|writeable/i

const interval = common.rate.perMillis / common.rate.requests

/**
 * What the workers decided, by no clock of this process, which may be busy: `npm run figures:shared-pace` measures how
 * long it takes. A server that saves up ten refuses nothing to four workers, each of which may send its last turn late.
 */
const check =
  (requests: number) =>
  ({ events, failedWorkers, refused, sent, sentWithoutStore }: Figures) => {
    expect({ failedWorkers, refused, sent }).toStrictEqual({ failedWorkers: 0, refused: 0, sent: requests })
    // each worker may have had its turn just before the store was stopped
    expect(sentWithoutStore).toBeLessThanOrEqual(common.workers)
    for (const own of events) {
      // a machine that is busy for four seconds makes a store that did not answer in time of any
      const lost = own.filter((event) => isAway(event) && !tooLate.test(String(event)))
      expect(lost.length).toBeLessThanOrEqual(1)
      let away = false
      for (const [index, event] of own.entries()) {
        if (typeof event === "string") away = isAway(event)
        else if (isBack(own[index - 1])) expect(event).toBe(common.rate.perMillis)
        else {
          expect(event).toBeLessThanOrEqual(interval)
          // the last turn may be heard of after its connection was lost
          if (away && !isAway(own[index - 1])) expect(event).toBeGreaterThan(0)
        }
      }
    }
  }

/** At ten a second. */
const requests = isEndurance ? 160 : 40

/** A few seconds, on a machine that may be busy. */
const limit = 240_000

const postgres = Effect.map(Postgres.postgres, ({ start, stop, url }) => ({
  store: url("postgres"),
  outage: { millis: 1000, stop: stop(), start: Effect.orDie(start) }
}))

const redis = Effect.map(Redis.redis, ({ start, stop, url }) => ({
  store: url,
  outage: { millis: 1000, stop, start: Effect.orDie(start) }
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
