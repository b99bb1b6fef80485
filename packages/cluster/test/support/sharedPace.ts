/** Workers that share a rate over a store, which may be stopped meanwhile, and how long that takes them. */
import { spawn } from "node:child_process"
import { rmSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Emulator, FakePermissions } from "@checkpoint-permissions/testing"
import { Clock, Duration, Effect, Fiber, Logger } from "effect"
import { build } from "esbuild"
import { checkpoint, type Work, work } from "./paceWorker.ts"

export interface Setup {
  /** What the workers keep the pace in; with `stop` and `start` it can be stopped in the middle. */
  readonly store: string
  readonly workers: number
  readonly requests: number
  readonly rate: Work["rate"]
  /** How many requests the server saves up: the fewer, the less uneven they may come. */
  readonly burst: number
  /** Each worker is a process of its own, else they are fibers of this one. */
  readonly processes: boolean
  readonly outage?: {
    /** It lasts so long, and until each worker has noticed it. */
    readonly millis: number
    readonly stop: Effect.Effect<void>
    readonly start: Effect.Effect<void>
  }
}

/** What a worker that is a fiber did: an answer of its limiter in milliseconds, 0 for a turn, or what it logged. */
export type Event = number | string

export interface Figures {
  /** From the first request to the last: milliseconds. */
  readonly took: number
  /** The least time for as many, with the outage and the window after it. */
  readonly least: number
  /** The same number of waits of the same length, made meanwhile by a loop that does nothing else. */
  readonly sleeps: number
  readonly sent: number
  readonly refused: number
  readonly failedWorkers: number
  /** The requests that came while the store was stopped or in the window after it. */
  readonly sentWithoutStore: number
  /** Of each worker that is a fiber, in order. */
  readonly events: ReadonlyArray<ReadonlyArray<Event>>
}

export const isAway = (event: Event | undefined): boolean => / cannot be reached /.test(String(event))
export const isBack = (event: Event | undefined): boolean => / is back after /.test(String(event))

/** The worker as one file, since four that compile their sources keep a machine busy for longer than they work. */
const bundle = Effect.promise(async () => {
  const outfile = fileURLToPath(new URL(`../../build/paceWorker.${crypto.randomUUID()}.mjs`, import.meta.url))
  await build({
    entryPoints: [fileURLToPath(new URL("paceWorker.ts", import.meta.url))],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20.12",
    external: ["effect", "@effect/*", "ioredis"],
    logLevel: "warning"
  })
  return outfile
})

const bundled = Effect.acquireRelease(bundle, (file) => Effect.sync(() => rmSync(file, { force: true })))

/** Succeeds with whether the worker did. */
const inProcess = (file: string, given: Work): Effect.Effect<boolean> =>
  Effect.async<boolean>((resume) => {
    const child = spawn(process.execPath, [file], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, PACE_WORKER: JSON.stringify(given) }
    })
    child.on("exit", (code) => resume(Effect.succeed(code === 0)))
    return Effect.sync(() => void child.kill("SIGKILL"))
  })

export const measure = (setup: Setup) =>
  Effect.gen(function* () {
    const { baseUrl } = yield* Emulator.Emulator
    const fake = yield* FakePermissions.FakePermissions
    const { outage, rate, requests, workers } = setup
    const interval = rate.perMillis / rate.requests
    const each = { store: setup.store, baseUrl, rate, requests: requests / workers }
    const events = Array.from({ length: workers }, (): Array<Event> => [])
    const ended = new Set<Array<Event>>()
    const inFiber = (events: Array<Event>) =>
      work(each, (millis) => void events.push(millis)).pipe(
        Effect.match({ onFailure: () => false, onSuccess: () => true }),
        Effect.provide(
          Logger.replace(
            Logger.defaultLogger,
            Logger.make(({ message }) => void events.push(String(message)))
          )
        ),
        Effect.ensuring(Effect.sync(() => ended.add(events)))
      )
    const file = setup.processes ? yield* bundled : undefined
    const all = yield* Effect.fork(
      Effect.forEach(events, (own) => (file === undefined ? inFiber(own) : inProcess(file, each)), {
        concurrency: workers
      })
    )
    const areAway = Effect.sync(() =>
      events.every((own) => ended.has(own) || own.findLastIndex(isAway) > own.findLastIndex(isBack))
    )

    /** Waits until so many requests have been answered. */
    const answered = (count: number): Effect.Effect<void> =>
      Effect.flatMap(fake.requests, ({ length }) =>
        length >= count
          ? Effect.void
          : Effect.delay(
              Effect.suspend(() => answered(count)),
              Math.min(20, interval)
            )
      )
    yield* answered(1)
    const sleeps = yield* Effect.fork(
      Effect.timed(Effect.replicateEffect(Effect.sleep(interval), requests - 1, { discard: true }))
    )
    let from = Number.POSITIVE_INFINITY
    let back = Number.NEGATIVE_INFINITY
    let until = Number.NEGATIVE_INFINITY
    if (outage !== undefined) {
      yield* answered(requests / 4)
      yield* outage.stop
      from = yield* Clock.currentTimeMillis
      yield* Effect.sleep(outage.millis)
      if (!setup.processes) yield* Effect.repeat(Effect.delay(areAway, 20), { until: Boolean })
      back = yield* Clock.currentTimeMillis
      yield* outage.start
      until = yield* Clock.currentTimeMillis
    }
    const succeeded = yield* Fiber.join(all)
    const [slept] = yield* Fiber.join(sleeps)
    const recorded = yield* fake.requests
    const times = recorded.map(({ time }) => time).sort((one, other) => one - other)
    const away = outage === undefined ? 0 : until - from + rate.perMillis
    return {
      took: (times.at(-1) ?? 0) - (times[0] ?? 0),
      least: (requests - 1) * interval + away,
      sleeps: Duration.toMillis(slept),
      sent: recorded.length,
      refused: recorded.filter(({ status }) => status === 429).length,
      failedWorkers: succeeded.filter((ok) => !ok).length,
      // one may have had its turn just before
      events,
      sentWithoutStore: times.filter((time) => time > from + interval && time < back + rate.perMillis).length
    } satisfies Figures
  }).pipe(
    Effect.scoped,
    Effect.provide(
      Emulator.layer({
        seed: { [checkpoint]: ["proj_a"] },
        behavior: {
          rate: {
            requests: setup.rate.requests,
            per: setup.rate.perMillis,
            burst: setup.burst,
            headers: "retry-after-ms"
          }
        }
      })
    )
  )
