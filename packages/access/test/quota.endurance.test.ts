import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { FakePermissions, type ServerBehavior } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Stream } from "effect"
import { isEndurance } from "../../../tools/endurance.ts"
import { Access, AccessMatrix } from "../src/index.ts"
import { checkpoint, inWorld, many, policy } from "./support/world.ts"

/** As many checkpoints as there are, or a tenth of them. */
const part = isEndurance ? 1 : 10
/** The minutes in which a pace is found weigh more in a short run. */
const finding = isEndurance ? 0 : Duration.toMillis("3 minutes")

const wanted = many(200)
const unwanted = many(3, "proj_gone")

const rate: ServerBehavior.Rate = { requests: 10, per: "1 minute", refill: "continuous", countRefused: true }
const client = { pacing: Pacing.adaptive }
const worldOf = (names: ReadonlyArray<string>) => ({
  seed: Object.fromEntries(names.map((name) => [name, [...wanted.slice(5), ...unwanted]])),
  behavior: { rate, latency: "150 millis" } as const,
  client
})

/** The least time in which a full bucket of ten, refilled ten a minute, lets so many calls through. */
const least = (calls: number) => Duration.toMillis("1 minute") * ((calls - 10) / 10)

const minutes = (millis: number) => (millis / 60_000).toFixed(1)

const within = (what: string, took: number, bound: number, estimated: number) => {
  console.log(
    `${what}: ${minutes(took)} min, ${(took / bound).toFixed(3)} × the least possible; estimated ${minutes(estimated)} min`
  )
  assert.isAtMost(took, 1.1 * bound + finding, `${what}: ${minutes(took)} min against ${minutes(bound)} min`)
  assert.isAtMost(Math.abs(estimated - took), 0.1 * took + finding, `${what}: estimated ${minutes(estimated)} min`)
}

describe("200 projects at ten calls a minute", () => {
  it.effect(`an audit of ${300 / part} checkpoints`, () => {
    const names = many(300 / part, "ft:org:")
    return inWorld(
      Effect.gen(function* () {
        const start = yield* Clock.currentTimeMillis
        const all = names.map(checkpoint)
        // Two pages each: 198 permissions are more than one page holds.
        const { duration } = yield* CheckpointPermissions.estimate({ list: all.length * 2 })
        const matrix = yield* Access.audit(all)
        const took = (yield* Clock.currentTimeMillis) - start
        assert.isTrue(matrix.rows.every(({ complete }) => complete))
        assert.strictEqual(AccessMatrix.projects(matrix).length, 198)
        within("audit", took, least(all.length * 2), Duration.toMillis(duration))
      }),
      worldOf(names)
    )
  })

  it.effect(`an apply of ${150 / part} checkpoints`, () => {
    const names = many(150 / part, "ft:org:")
    return inWorld(
      Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        const goal = policy(Object.fromEntries(names.map((name) => [name, wanted])))
        const start = yield* Clock.currentTimeMillis
        const plan = yield* Access.plan(goal)
        const planned = (yield* Clock.currentTimeMillis) - start
        assert.deepInclude(plan.counts, { creates: 150 / part, deletes: 450 / part })
        yield* fake.clearRequests
        const { duration } = yield* Access.estimate(plan)
        yield* Stream.runDrain(Access.apply(plan))
        // 203 permissions are three pages.
        const accepted = (yield* fake.requests).filter(({ status }) => status === 200)
        const count = (operation: string) => accepted.filter((request) => request.operation === operation).length
        assert.deepStrictEqual([count("list"), count("create"), count("delete")], [450 / part, 150 / part, 450 / part])
        const took = (yield* Clock.currentTimeMillis) - start
        for (const name of names) assert.deepStrictEqual([...(yield* fake.projects(name))].sort(), wanted)
        within("apply", took - planned, least(450 / part), Duration.toMillis(duration))
      }),
      worldOf(names)
    )
  })
})
