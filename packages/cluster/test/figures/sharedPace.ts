/**
 * Four workers that share ten a minute, 200 requests, over Postgres and over Redis, each once as fibers with the
 * store stopped for a minute and once as processes: half an hour. Fails if one takes more than 1.15 × the least time, is
 * refused more than 2 % or fails. An argument is how many times faster it goes.
 */
import { Effect } from "effect"
import { postgres } from "../support/postgres.ts"
import { redis } from "../support/redis.ts"
import { type Figures, measure } from "../support/sharedPace.ts"

const faster = Number(process.argv[2] ?? 1)
const common = { workers: 4, requests: 200, rate: { requests: 10, perMillis: 60_000 / faster }, burst: 2 }
const millis = 60_000 / faster

const seconds = (millis: number) => `${(millis / 1000).toFixed(1)} s`

const isGood = ({ failedWorkers, least, refused, sent, sentWithoutStore, took }: Figures) =>
  failedWorkers === 0 && sentWithoutStore === 0 && refused <= 0.02 * sent && took <= 1.15 * least

const report = (name: string, figures: Figures) => {
  const { failedWorkers, least, refused, sent, sentWithoutStore, sleeps, took } = figures
  process.stdout.write(
    `${name}: ${seconds(took)}, ${(took / least).toFixed(3)} × the least ${seconds(least)}; ${refused} of ${sent} refused; ` +
      `${failedWorkers} workers failed; ${sentWithoutStore} sent without the store; a loop that only sleeps took ${seconds(sleeps)}\n`
  )
  if (!isGood(figures)) process.exitCode = 1
}

const all = Effect.gen(function* () {
  const sql = yield* postgres
  const cache = yield* redis
  const stores = [
    {
      name: "Postgres",
      store: sql.url("postgres"),
      outage: { millis, stop: sql.stop(), start: Effect.orDie(sql.start) }
    },
    { name: "Redis", store: cache.url, outage: { millis, stop: cache.stop, start: Effect.orDie(cache.start) } }
  ]
  yield* Effect.forEach(
    stores,
    ({ name, outage, store }) =>
      Effect.gen(function* () {
        report(
          `${name}, stopped for ${seconds(millis)}`,
          yield* measure({ ...common, store, outage, processes: false })
        )
        report(`${name}, as processes`, yield* measure({ ...common, store, processes: true }))
      }),
    // all of them only wait, unless they are to be fast
    { concurrency: faster === 1 ? "unbounded" : 1 }
  )
})

await Effect.runPromise(Effect.scoped(all))
