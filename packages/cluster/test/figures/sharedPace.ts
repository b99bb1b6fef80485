/**
 * Four workers that share ten a minute, 200 requests, over Postgres and over Redis, each once as fibers with the
 * store stopped for a minute and once as processes, all at the same time: 25 minutes. Fails if one takes more than 1.15 × the least time, is
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

const overPostgres = Effect.map(postgres, ({ start, stop, url }) => ({
  store: url("postgres"),
  outage: { millis, stop: stop(), start: Effect.orDie(start) }
}))

const overRedis = Effect.map(redis, ({ start, stop, url }) => ({
  store: url,
  outage: { millis, stop, start: Effect.orDie(start) }
}))

const runs = [
  ["Postgres", overPostgres],
  ["Redis", overRedis]
] as const

const all = Effect.forEach(
  runs.flatMap(([name, server]) => [
    Effect.flatMap(server, (store) =>
      Effect.map(measure({ ...common, ...store, processes: false }), (figures) =>
        report(`${name}, stopped for ${seconds(millis)}`, figures)
      )
    ),
    Effect.flatMap(server, ({ store }) =>
      Effect.map(measure({ ...common, store, processes: true }), (figures) => report(`${name}, as processes`, figures))
    )
  ]),
  Effect.scoped,
  // at ten a minute all of them only wait
  { concurrency: faster === 1 ? "unbounded" : 1 }
)

await Effect.runPromise(all)
