/** Interruptions and streams that are left: what the regions of the contract do not show. */
import { Access, CheckpointPermissions, FakePermissions, Faults } from "@checkpoint-permissions/effect4"
import { Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import { assert, describe } from "vitest"
import { it } from "./support/it.ts"
import { checkpoint, onFake, projects } from "./support/setup.ts"

const slow = { seed: { [checkpoint]: projects(30) }, behavior: { latency: "1 second" } } as const

describe("an interruption", () => {
  it.effect("reaches the server", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      const fiber = yield* Effect.forkChild(CheckpointPermissions.list(checkpoint))
      yield* fake.awaitRequests(1)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(
        (yield* fake.requests).map(({ outcome }) => outcome),
        ["abandoned"]
      )
    }).pipe(Effect.provide(onFake(slow)))
  )

  it.effect("of a grant lets its create finish, and does nothing more", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      const grant = Access.grant(checkpoint, ["proj_new"])
      const fiber = yield* Effect.forkChild(grant)
      yield* TestClock.adjust("1 second")
      yield* fake.awaitRequests(2)
      const interrupting = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(interrupting)
      assert.deepStrictEqual(
        (yield* fake.requests).map(({ operation, outcome }) => `${operation} ${outcome}`),
        ["list replied", "create replied"]
      )
    }).pipe(Effect.provide(onFake(slow)))
  )
})

it.effect("an attempt's timeout works in a finalizer", () =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(
      Effect.ensuring(Effect.void, Effect.ignore(CheckpointPermissions.list(checkpoint)))
    )
    yield* TestClock.adjust("30 seconds")
    yield* Fiber.join(fiber)
  }).pipe(Effect.provide(onFake({ faults: Faults.scripted([Faults.latency({ before: "1 hour" })]) })))
)

describe("a stream", () => {
  it.effect("that is left on the way gives up the page ahead", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      const left = CheckpointPermissions.stream(checkpoint, { limit: 10 }).pipe(Stream.take(15), Stream.runDrain)
      const fiber = yield* Effect.forkChild(left)
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(
        (yield* fake.requests).map(({ outcome }) => outcome),
        ["replied", "replied", "abandoned"]
      )
    }).pipe(Effect.provide(onFake(slow)))
  )

  it.effect("can be left in an uninterruptible region", () =>
    Effect.gen(function* () {
      const left = CheckpointPermissions.stream(checkpoint, { limit: 10 }).pipe(Stream.take(15), Stream.runCollect)
      const fiber = yield* Effect.forkChild(Effect.uninterruptible(left))
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* Fiber.join(fiber)).length, 15)
    }).pipe(Effect.provide(onFake(slow)))
  )

  it.effect("requests at most one page ahead of a slow consumer, and none before the second", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      const sent: Array<number> = []
      const slowly = CheckpointPermissions.pages(checkpoint, { limit: 10 }).pipe(
        Stream.runForEach(() =>
          Effect.gen(function* () {
            yield* Effect.sleep("1 minute")
            sent.push((yield* fake.requests).length)
          })
        )
      )
      const fiber = yield* Effect.forkChild(slowly)
      yield* TestClock.adjust("10 minutes")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(sent, [1, 3, 3])
    }).pipe(Effect.provide(onFake({ seed: { [checkpoint]: projects(30) } })))
  )
})
