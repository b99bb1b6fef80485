/** One apply by three workers that are killed, frozen and cut off at random, and what is to hold after it. */
import { Access } from "@checkpoint-permissions/access"
import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { Emulator, FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { FetchHttpClient } from "@effect/platform"
import * as PgClient from "@effect/sql-pg/PgClient"
import { Duration, Effect, Fiber, Layer, Random, Redacted, Stream } from "effect"
import { type Job, Jobs } from "../../src/index.ts"
import { ended } from "../support/jobs.ts"
import { checkpoints, granted, policyOf } from "../support/world.ts"
import { fleet } from "./fleet.ts"
import * as Network from "./network.ts"

export type Disturbance = "kill" | "freeze" | "cut"

export interface Setup {
  readonly seed: number
  readonly database: string
  readonly program: string
  readonly disturbances: ReadonlyArray<Disturbance>
  readonly checkpoints: number
  readonly lockExpiration: Duration.Duration
  /** Tells networks of runs at the same time apart. */
  readonly number: number
}

export interface Result {
  readonly job: Job.Job
  readonly events: ReadonlyArray<Job.Event>
  readonly requests: ReadonlyArray<FakePermissions.RecordedRequest>
  /** The projects of each checkpoint when the job had ended, one for each permission, and after another apply. */
  readonly after: ReadonlyArray<ReadonlyArray<string>>
  readonly converged: ReadonlyArray<ReadonlyArray<string>>
  readonly wanted: ReadonlyArray<string>
  readonly disturbed: ReadonlyArray<string>
}

const workers = 3

/** How often something is done to a worker, at the most. */
const maxDisturbances = 3

const service = (apiUrl: string) =>
  CheckpointPermissions.layer({ adminKey: Redacted.make("planner"), apiUrl, pacing: Pacing.none }).pipe(
    Layer.provide(FetchHttpClient.layer)
  )

export const run = (setup: Setup) =>
  Effect.gen(function* () {
    const random = Random.make(setup.seed)
    const draw = (min: number, max: number) => random.nextIntBetween(min, max)
    const names = checkpoints(setup.checkpoints)
    const wanted = ["proj_a", "proj_b"]
    const server = yield* FakePermissions.FakePermissions
    const { baseUrl, port } = yield* Emulator.Emulator
    for (const name of names) {
      const before = yield* random.shuffle(["proj_a", "proj_b", "proj_x", "proj_y"])
      yield* server.seed({ [name]: [...before].slice(0, yield* draw(0, 4)) })
    }
    const plan = yield* Access.plan(policyOf(names, ...wanted)).pipe(Effect.provide(service(baseUrl)))
    yield* server.clearRequests
    const lockExpiration = Duration.toMillis(setup.lockExpiration)
    yield* server.setFaults(
      Faults.random({ seed: setup.seed, probability: 0.05, kinds: ["drop-after", "drop-before"], consecutive: 2 })
    )

    const network = setup.disturbances.includes("cut") ? yield* Network.make(workers, setup.number) : undefined
    const url = new URL(setup.database)
    const connectTo = network === undefined ? baseUrl : `http://${yield* network.reach(port)}/v1`
    if (network !== undefined) url.host = yield* network.reach(Number(url.port))
    const processes = yield* fleet({
      file: setup.program,
      network,
      given: { database: url.href, apiUrl: baseUrl, connectTo, lockExpiration, pollInterval: 200 }
    })
    const disturbed: Array<string> = []

    /** Does something to one of the workers, and makes it good again. */
    const disturb = Effect.gen(function* () {
      const place = yield* draw(0, workers)
      if (setup.disturbances.length === 0) return
      const what = setup.disturbances[yield* draw(0, setup.disturbances.length)]
      // Half of them for longer than the locks last.
      const pause = yield* draw(200, Math.round(lockExpiration * 2.5))
      disturbed.push(`${what} ${place} for ${pause} ms`)
      if (what === "kill") yield* processes.kill(place)
      if (what === "freeze") yield* processes.freeze(place)
      if (what === "cut") yield* processes.cut(place)
      yield* Effect.sleep(pause)
      if (what === "kill") yield* processes.start(place)
      if (what === "freeze") yield* processes.thaw(place)
      if (what === "cut") yield* processes.mend(place)
    })

    return yield* Effect.gen(function* () {
      const jobs = yield* Jobs.Jobs
      yield* Effect.all(
        Array.from({ length: workers }, (_, place) => processes.start(place)),
        { concurrency: workers }
      )
      const { job } = yield* jobs.submit(plan, { actor: "test" })
      const disturbing = yield* Effect.fork(
        Effect.forEach(
          Array.from({ length: maxDisturbances }, (_, index) => index),
          () => Effect.zipRight(Effect.flatMap(draw(100, 700), Effect.sleep), disturb),
          { discard: true }
        )
      )
      const first = yield* ended(job.id)
      const after = yield* granted(names)
      yield* Fiber.interrupt(disturbing)
      for (let place = 0; place < workers; place++) {
        yield* processes.thaw(place)
        yield* processes.mend(place)
      }
      yield* server.setFaults(Faults.none)
      const requests = yield* server.requests
      // Whatever came late is seen by who reads again.
      yield* Access.plan(policyOf(names, ...wanted)).pipe(
        Effect.flatMap((plan) => Stream.runDrain(Access.apply(plan))),
        Effect.provide(service(baseUrl))
      )
      const result: Result = {
        job: first.job,
        events: first.events,
        requests,
        after,
        converged: yield* granted(names),
        wanted,
        disturbed
      }
      return result
    }).pipe(
      Effect.provide(
        Jobs.layer({ pollInterval: "100 millis" }).pipe(
          Layer.provide(PgClient.layer({ url: Redacted.make(setup.database) }))
        )
      )
    )
  }).pipe(
    Effect.scoped,
    Effect.provide(
      Emulator.layer({ behavior: { latency: { min: "20 millis", max: "80 millis" } }, keptRequests: 100_000 })
    )
  )
