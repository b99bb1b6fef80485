/** Interruptions: what is finished, what is cut short, and that nothing is left behind. */
import { Access, CheckpointPermissions, FakePermissions, Faults, Pacing } from "@checkpoint-permissions/effect4"
import { Cause, Effect, Exit, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import { assert, describe } from "vitest"
import { it } from "./support/it.ts"
import { checkpoint, onFake, projects, quick } from "./support/setup.ts"

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

  it.effect("under finishInFlight waits for the reply", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      let made = 0
      const create = CheckpointPermissions.create(checkpoint, ["proj_new"])
      const fiber = yield* Effect.forkChild(
        CheckpointPermissions.finishInFlight(create, (outcome) =>
          Effect.sync(() => {
            made = outcome.operation === "create" ? (outcome.reply?.data.length ?? 0) : 0
          })
        )
      )
      yield* fake.awaitRequests(1)
      const interrupting = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(interrupting)
      assert.strictEqual(made, 1)
      assert.isTrue((yield* fake.projects(checkpoint)).includes("proj_new"))
    }).pipe(Effect.provide(onFake(slow)))
  )

  it.effect("under finishInFlight cuts the wait before a retry short", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      yield* fake.inject(Faults.error(503), { times: 9 })
      const fiber = yield* Effect.forkChild(
        CheckpointPermissions.finishInFlight(CheckpointPermissions.delete(checkpoint, "cp_1"))
      )
      yield* TestClock.adjust("1500 millis")
      const exit = yield* Effect.andThen(Fiber.interrupt(fiber), Fiber.await(fiber))
      assert.isTrue(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause))
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* fake.requests).length, 1)
    }).pipe(Effect.provide(onFake(slow, { retry: quick })))
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

  it.effect("of a call that waits for its turn gives the turn to the next", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      const list = CheckpointPermissions.list(checkpoint)
      yield* list
      const [first, second] = [yield* Effect.forkChild(list), yield* Effect.forkChild(list)]
      yield* TestClock.adjust("500 millis")
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("500 millis")
      yield* Fiber.join(second)
      assert.strictEqual((yield* fake.requests).length, 2)
    }).pipe(Effect.provide(onFake({}, { pacing: Pacing.fixed({ requests: 1, per: "1 second" }) })))
  )
})

describe("an attempt's timeout", () => {
  const late = { faults: Faults.scripted([Faults.latency({ before: "1 hour" })]) }
  const timed = (self: Effect.Effect<unknown, unknown, CheckpointPermissions.CheckpointPermissions>) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.exit(self))
      yield* TestClock.adjust("30 seconds")
      const exit = yield* Fiber.join(fiber)
      assert.isTrue(Exit.isFailure(exit))
      assert.include(String(exit), "RequestTimeoutError")
    }).pipe(Effect.provide(onFake(late)))

  const list = CheckpointPermissions.list(checkpoint)
  it.effect("works in a plain region", () => timed(list))
  it.effect("in an uninterruptible region", () => timed(Effect.uninterruptible(list)))
  it.effect("in finishInFlight", () => timed(CheckpointPermissions.finishInFlight(list)))
  it.effect("in a finalizer", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.ensuring(Effect.void, Effect.ignore(list)))
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.join(fiber)
    }).pipe(Effect.provide(onFake(late)))
  )
})

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
