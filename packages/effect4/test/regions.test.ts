/** Interruptions and streams that are left: what the regions of the contract do not show. */
import { Access, CheckpointPermissions, FakePermissions } from "@checkpoint-permissions/effect4"
import { Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import { assert, describe } from "vitest"
import { it } from "./support/it.ts"
import { checkpoint, onFake, projects } from "./support/setup.ts"

const slow = { seed: { [checkpoint]: projects(30) }, behavior: { latency: "1 second" } } as const

describe("an interruption", () => {
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

describe("a stream", () => {
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
