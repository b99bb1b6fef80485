/** Applies by three workers that are killed, frozen and cut off at random, and what is to hold after each. */
import { Access } from "@checkpoint-permissions/access"
import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { Emulator, FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { FetchHttpClient } from "@effect/platform"
import { SqlClient } from "@effect/sql"
import * as PgClient from "@effect/sql-pg/PgClient"
import { Cause, Chunk, Context, Effect, Fiber, Layer, Random, Redacted, Stream } from "effect"
import { type Job, Jobs } from "../../src/index.ts"
import { within } from "../support/within.ts"
import { checkpoints, granted, policyOf } from "../support/world.ts"
import { fleet } from "./fleet.ts"
import * as Network from "./network.ts"

export type Disturbance = "kill" | "freeze" | "cut"

export interface Setup {
  readonly database: string
  readonly program: string
  /** Milliseconds. */
  readonly lockExpiration: number
  /** Whether each worker has a network of its own, so that it can be cut off. */
  readonly networks: boolean
  /** Tells the networks of lanes at the same time apart. */
  readonly number: number
}

export interface Disturbed {
  readonly seed: number
  readonly disturbances: ReadonlyArray<Disturbance>
  readonly checkpoints: number
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
const places = Array.from({ length: workers }, (_, place) => place)

/** How often something is done to a worker, at the most. */
const maxDisturbances = 3

/** Milliseconds. */
const longestPause = 6000

const wanted = ["proj_a", "proj_b"]

const service = (apiUrl: string) =>
  CheckpointPermissions.layer({ adminKey: Redacted.make("planner"), apiUrl, pacing: Pacing.none }).pipe(
    Layer.provide(FetchHttpClient.layer)
  )

const services = (database: string) =>
  Layer.merge(
    Emulator.layer({ behavior: { latency: { min: "20 millis", max: "80 millis" } }, keptRequests: 100_000 }),
    Jobs.layer({ pollInterval: "100 millis" }).pipe(
      Layer.provideMerge(PgClient.layer({ url: Redacted.make(database), connectTimeout: "2 minutes" }))
    )
  )

/** A server and three workers, for one apply after the other. */
export const lane = (setup: Setup) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(services(setup.database))
    const server = Context.get(context, FakePermissions.FakePermissions)
    const jobs = Context.get(context, Jobs.Jobs)
    const { baseUrl, port } = Context.get(context, Emulator.Emulator)
    const network = setup.networks ? yield* Network.make(workers, setup.number) : undefined
    const url = new URL(setup.database)
    const connectTo = network === undefined ? baseUrl : `http://${yield* network.reach(port)}/v1`
    if (network !== undefined) url.host = yield* network.reach(Number(url.port))
    const { lockExpiration } = setup
    const processes = yield* fleet({
      file: setup.program,
      network,
      given: { database: url.href, apiUrl: baseUrl, connectTo, lockExpiration, pollInterval: 200 }
    })
    const everywhere = (act: (place: number) => Effect.Effect<void>) => Effect.forEach(places, act, { discard: true })

    const sql = Context.get(context, SqlClient.SqlClient)
    const [runners, locks] = ["runners", "locks"].map((name) => sql(`checkpoint_permissions_cluster_${name}`))
    /** There are no tables before the first worker is there. */
    const newest = sql<{ address: string }>`SELECT address FROM ${runners} ORDER BY machine_id DESC LIMIT 1`.pipe(
      Effect.match({ onFailure: () => undefined, onSuccess: ([row]) => row?.address })
    )
    /** What the store calls the worker of a place. */
    const addressOf = new Map<number, string | undefined>()

    const start = (place: number) =>
      Effect.gen(function* () {
        if (addressOf.has(place)) return
        const before = yield* newest
        yield* processes.start(place)
        yield* Effect.repeat(Effect.delay(newest, "10 millis"), { until: (address) => address !== before }).pipe(
          Effect.tap((address) => Effect.sync(() => addressOf.set(place, address)))
        )
      })

    /** Its locks are gone at once, as they are some time later: no test waits, nor depends, on how long that is. */
    const kill = (place: number) =>
      Effect.gen(function* () {
        const address = addressOf.get(place)
        addressOf.delete(place)
        yield* processes.kill(place)
        for (const table of [runners, locks]) yield* Effect.orDie(sql`DELETE FROM ${table} WHERE address = ${address}`)
      }).pipe(Effect.uninterruptible)

    yield* everywhere(start)

    /** Follows a job to its end, for as long as the workers are there that are to bring it there. */
    const followed = (id: Job.JobId, disturbing: Fiber.Fiber<unknown>, disturbed: ReadonlyArray<string>) => {
      let last: Job.Event | undefined
      const sofar = () => `Its last event was ${JSON.stringify(last)}. Disturbed: ${disturbed.join(", ")}`
      const standsStill = () => Cause.die(new Error(`job ${id} stands still. ${sofar()}`))
      return jobs.follow(id).pipe(
        Stream.timeoutFailCause(standsStill, "3 minutes"),
        Stream.tap((event) => Effect.sync(() => (last = event))),
        Stream.runCollect,
        Effect.map(Chunk.toReadonlyArray),
        Effect.raceFirst(processes.lost),
        Effect.raceFirst(Effect.zipRight(Fiber.join(disturbing), Effect.never)),
        within(`the end of job ${id}`, sofar, "10 minutes")
      )
    }

    const run = ({ checkpoints: count, disturbances, seed }: Disturbed) =>
      Effect.gen(function* () {
        const random = Random.make(seed)
        const draw = (min: number, max: number) => random.nextIntBetween(min, max)
        const names = checkpoints(count).map((name) => name.replace(":c:", `:run-${seed}:`))
        for (const name of names) {
          const before = yield* random.shuffle(["proj_a", "proj_b", "proj_x", "proj_y"])
          yield* server.seed({ [name]: [...before].slice(0, yield* draw(0, 4)) })
        }
        const policy = policyOf(names, ...wanted)
        const plan = yield* Access.plan(policy).pipe(Effect.provide(service(baseUrl)))
        yield* server.clearRequests
        yield* server.setFaults(
          Faults.random({ seed, probability: 0.05, kinds: ["drop-after", "drop-before"], consecutive: 2 })
        )
        const disturbed: Array<string> = []

        /** Does something to one of the workers, and makes it good again. */
        const disturb = Effect.gen(function* () {
          const place = yield* draw(0, workers)
          const what = disturbances[yield* draw(0, disturbances.length)]
          const pause = yield* draw(200, longestPause)
          disturbed.push(`${what} ${place} for ${pause} ms`)
          if (what === "kill") yield* kill(place)
          if (what === "freeze") yield* processes.freeze(place)
          if (what === "cut") yield* processes.cut(place)
          yield* Effect.sleep(pause)
          if (what === "kill") yield* start(place)
          if (what === "freeze") yield* processes.thaw(place)
          if (what === "cut") yield* processes.mend(place)
        })

        const { job } = yield* jobs.submit(plan, { actor: "test" })
        const disturbing = yield* Effect.fork(
          Effect.replicateEffect(
            Effect.zipRight(Effect.flatMap(draw(100, 700), Effect.sleep), disturb),
            maxDisturbances
          )
        )
        const events = yield* followed(job.id, disturbing, disturbed)
        const after = yield* granted(names)
        yield* Fiber.interrupt(disturbing)
        yield* everywhere(processes.thaw)
        yield* everywhere(processes.mend)
        yield* everywhere(start)
        yield* server.setFaults(Faults.none)
        const requests = yield* server.requests
        // Whatever came late is seen by who reads again.
        yield* Access.plan(policy).pipe(
          Effect.flatMap((plan) => Stream.runDrain(Access.apply(plan))),
          Effect.provide(service(baseUrl)),
          within("another apply, which nobody disturbs")
        )
        const result: Result = {
          job: yield* jobs.get(job.id),
          events,
          requests,
          after,
          converged: yield* granted(names),
          wanted,
          disturbed
        }
        return result
      }).pipe(Effect.provideService(FakePermissions.FakePermissions, server))

    return { run }
  })
