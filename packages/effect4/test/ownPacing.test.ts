/** Rate limiters that a user implements: how the client uses them. */
import { CheckpointPermissions, FakePermissions, Pacing, VirtualClock } from "@checkpoint-permissions/effect4"
import { Cause, Duration, Effect, Exit, Fiber, Redacted, Scheduler } from "effect"
import { assert, describe, test } from "vitest"
import { checkpoint, one, onFake } from "./support/setup.ts"

const list = CheckpointPermissions.list(checkpoint)

describe("a limiter of a user", () => {
  test("is made once for each operation of each service", () => {
    const made: Array<string> = []
    const pacing: Pacing.Pacing = {
      make: (operation) => {
        made.push(operation)
        return Pacing.none.make(operation)
      }
    }
    const program = Effect.gen(function* () {
      const service = yield* CheckpointPermissions.make({ adminKey: Redacted.make("sk-admin-any"), pacing })
      assert.sameMembers(made, ["list", "create", "delete"])
      yield* Effect.andThen(service.list(checkpoint), Effect.ignore(service.delete(checkpoint, "cp_1")))
      assert.strictEqual(made.length, 3)
    })
    return Effect.runPromise(Effect.provide(program, FakePermissions.layer()))
  })

  test("that runs a request twice dies before the second is sent", () => {
    const pacing: Pacing.Pacing = {
      make: () => ({ withPermit: (request) => Effect.andThen(request(), request()) })
    }
    const program = Effect.gen(function* () {
      const exit = yield* Effect.exit(list)
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      assert.strictEqual((yield* (yield* FakePermissions.FakePermissions).requests).length, 1)
    })
    return Effect.runPromise(Effect.provide(program, onFake(one, { pacing })))
  })
})

/** Runs calls in a fiber that yields after different numbers of operations, and interrupts each after some turns. */
const interrupted = (self: typeof list) =>
  Effect.forEach(
    [3, 4, 5, 7, 11, 13, 18, 23],
    (operations) =>
      Effect.gen(function* () {
        for (let count = 0; count < 40; count++) {
          const fiber = yield* Effect.forkChild(Effect.provideService(self, Scheduler.MaxOpsBeforeYield, operations))
          for (let i = 0; i < count; i++) yield* Effect.yieldNow
          yield* Effect.forkChild(Fiber.interrupt(fiber))
          yield* Effect.sleep("1 millis")
        }
      }),
    { discard: true }
  )

describe("an interruption at any step", () => {
  test("leaves no request in the mean duration that estimates use", () =>
    Effect.gen(function* () {
      yield* interrupted(list)
      yield* list
      const { duration } = yield* CheckpointPermissions.estimate({ list: 11 })
      assert.strictEqual(Duration.toMillis(duration), 10_000)
    }).pipe(Effect.provide(onFake({ ...one, behavior: { latency: "1 second" } })), VirtualClock.run, Effect.runPromise))

  test("leaves no observer of waits", () =>
    Effect.gen(function* () {
      let left = 0
      const onWait = () =>
        Effect.andThen(
          Effect.sleep("1 second"),
          Effect.sync(() => void left++)
        )
      yield* list
      yield* interrupted(CheckpointPermissions.withOptions(list, { onWait }))
      yield* Effect.sleep("1 minute")
      assert.strictEqual(left, 0)
    }).pipe(
      Effect.provide(onFake(one, { pacing: Pacing.fixed({ requests: 1, per: "1 day" }) })),
      VirtualClock.run,
      Effect.runPromise
    ))
})
