import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { FakePermissions, type ServerBehavior } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Duration, Effect, Fiber, Stream } from "effect"
import { Access, AccessMatrix, AccessPlan, AccessProgress } from "../src/index.ts"
import { checkpoint, inWorld, many, policy, service } from "./support/world.ts"

const names = many(300, "ft:org:")
const wanted = many(200)
const unwanted = many(3, "proj_gone")

const rate: ServerBehavior.Rate = { requests: 10, per: "1 minute", refill: "continuous", countRefused: true }
const world = {
  seed: Object.fromEntries(names.map((name) => [name, [...wanted.slice(5), ...unwanted]])),
  behavior: { rate, latency: "150 millis" },
  client: { pacing: Pacing.adaptive }
} as const

/** The least time in which a full bucket of ten, refilled ten a minute, lets so many calls through. */
const least = (calls: number) => Duration.toMillis("1 minute") * ((calls - 10) / 10)

const minutes = (millis: number) => (millis / 60_000).toFixed(1)

const within = (what: string, took: number, bound: number, estimated: number) => {
  console.log(
    `${what}: ${minutes(took)} min, ${(took / bound).toFixed(3)} × the least possible; estimated ${minutes(estimated)} min`
  )
  assert.isAtMost(took / bound, 1.1, `${what}: ${minutes(took)} min against ${minutes(bound)} min`)
  assert.isAtMost(Math.abs(estimated - took) / took, 0.1, `${what}: estimated ${minutes(estimated)} min`)
}

describe("300 checkpoints × 200 projects at ten calls a minute, with one restart", () => {
  it.effect(
    "an audit",
    () =>
      inWorld(
        Effect.gen(function* () {
          const start = yield* Clock.currentTimeMillis
          const all = names.map(checkpoint)
          const stop = yield* Deferred.make<void>()
          // Two pages each: 198 permissions are more than one page holds.
          const { duration } = yield* Access.estimateReading(all.length * 2)
          const running = yield* Effect.fork(Access.audit(all, { stop: Deferred.await(stop) }))
          yield* Effect.sleep(Duration.millis(least(all.length * 2) / 2))
          yield* Deferred.succeed(stop, undefined)
          const half = yield* Fiber.join(running)
          const next = yield* service(world.client)
          const matrix = yield* Access.audit(all, { previous: half }).pipe(
            Effect.provideService(CheckpointPermissions.CheckpointPermissions, next)
          )
          const took = (yield* Clock.currentTimeMillis) - start
          assert.isTrue(matrix.rows.every(({ complete }) => complete))
          assert.strictEqual(AccessMatrix.projects(matrix).length, 198)
          within("audit", took, least(all.length * 2), Duration.toMillis(duration))
        }),
        world
      ),
    120_000
  )

  it.effect(
    "an apply",
    () =>
      inWorld(
        Effect.gen(function* () {
          const fake = yield* FakePermissions.FakePermissions
          yield* fake.setBehavior({ rate: "unlimited" })
          const goal = policy(Object.fromEntries(names.map((name) => [name, wanted])))
          const plan = yield* Access.plan(goal)
          assert.deepInclude(plan.counts, { creates: 300, deletes: 900 })
          yield* fake.setBehavior({ rate })
          const first = yield* service(world.client)
          const start = yield* Clock.currentTimeMillis
          const { duration } = yield* Access.estimate(plan)
          const stop = yield* Deferred.make<void>()
          const running = yield* Access.apply(yield* AccessPlan.fromJson(yield* AccessPlan.toJson(plan)), {
            stop: Deferred.await(stop)
          }).pipe(
            Stream.runFold(yield* AccessProgress.start(plan), AccessProgress.advance),
            Effect.provideService(CheckpointPermissions.CheckpointPermissions, first),
            Effect.fork
          )
          yield* Effect.sleep(Duration.millis(least(900) / 2))
          yield* Deferred.succeed(stop, undefined)
          const progress = yield* Fiber.join(running)
          const next = yield* service(world.client)
          yield* Access.apply(yield* AccessPlan.fromJson(yield* AccessPlan.toJson(plan)), { progress }).pipe(
            Stream.runDrain,
            Effect.provideService(CheckpointPermissions.CheckpointPermissions, next)
          )
          const took = (yield* Clock.currentTimeMillis) - start
          for (const name of names) assert.deepStrictEqual([...(yield* fake.projects(name))].sort(), wanted)
          within("apply", took, least(900), Duration.toMillis(duration))
        }),
        world
      ),
    120_000
  )
})
