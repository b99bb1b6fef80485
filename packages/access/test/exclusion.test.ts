import { CheckpointPermissions } from "@checkpoint-permissions/client"
import { manyCheckpoints } from "@checkpoint-permissions/contract"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { Access } from "../src/index.ts"
import * as State from "../src/internal/checkpoint/state.ts"
import { checkpoint, requestCounts, service, test } from "./support/world.ts"

const weather = checkpoint("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")

describe("fibers that change one checkpoint by one Access", () => {
  test("exclude each other over a decorated CheckpointPermissions too: one create", {
    behavior: { regrant: "second", latency: "1 second" }
  }, function* () {
    const permissions = yield* CheckpointPermissions.CheckpointPermissions
    // Decorated anew at each access: the state is not found by the identity of what it was made over.
    const decorated: CheckpointPermissions.Service = {
      ...permissions,
      create: (...args) => Effect.tap(permissions.create(...args), () => Effect.logDebug("created"))
    }
    const access = yield* Access.make(decorated)
    const reports = yield* Effect.all([access.grant(weather, ["proj_a"]), { ...access }.grant(weather, ["proj_a"])], {
      concurrency: 2
    })
    assert.deepStrictEqual(
      reports.map(({ alreadyGranted, granted }) => [granted.length, alreadyGranted.length]),
      [
        [1, 0],
        [0, 1]
      ]
    )
    const { projects } = yield* FakePermissions.FakePermissions
    assert.deepStrictEqual(yield* projects(weather), ["proj_a"])
    assert.strictEqual((yield* requestCounts).create, 1)
  })

  test("keep no semaphore of 1,000 checkpoints without a caller", {}, function* () {
    const state = yield* State.make(yield* service())
    const latch = yield* Effect.makeLatch()
    const fiber = yield* Effect.fork(
      Effect.forEach(manyCheckpoints, (checkpoint) => state.exclusively(checkpoint)(() => latch.await), {
        concurrency: "unbounded"
      })
    )
    yield* Effect.sleep("1 second")
    assert.strictEqual((yield* state.inUse).size, 1000)
    yield* latch.open
    yield* Fiber.join(fiber)
    assert.strictEqual((yield* state.inUse).size, 0)
  })

  test("leave no state when they are interrupted at any step", {}, function* () {
    const permissions = yield* service()
    for (let steps = 11; steps <= 47; steps++) {
      for (let turns = 0; turns <= 20; turns++) {
        const state = yield* State.make(permissions)
        const fiber = yield* state
          .exclusively("ft:a")(() => Effect.yieldNow())
          .pipe(Effect.withMaxOpsBeforeYield(steps), Effect.fork)
        yield* Effect.repeatN(Effect.yieldNow(), turns)
        yield* Fiber.interrupt(fiber)
        const waited = yield* state.exclusively("ft:a")(Effect.succeed)
        assert.isFalse(
          waited || (yield* state.inUse).size > 0,
          `yielding after ${steps} steps, interrupted after ${turns} turns`
        )
      }
    }
  })
})
