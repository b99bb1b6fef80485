import { CheckpointPermissions, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import { Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Exit, Fiber, Option, Schedule, TestClock } from "effect"
import { checkpoint, collect, onFake, permissions, projects, seeded, server } from "./support/setup.ts"
import { drive, settle } from "./support/time.ts"

const received = Effect.flatMap(server, (fake) =>
  Effect.map(fake.requests, (requests) => requests.map(({ operation }) => operation))
)

describe("beforeRequests", () => {
  it.effect("runs once before each request, before repeated ones too, and the inner gate first", () =>
    Effect.gen(function* () {
      const fake = yield* server
      yield* fake.inject([Faults.error(500)])
      const passed: Array<string> = []
      const gate = (name: string) => (request: CheckpointPermissions.Pending) =>
        Effect.map(received, (before) => void passed.push(`${name} ${request.operation} after ${before.length}`))
      const service = yield* permissions
      yield* drive(
        collect(service.stream(checkpoint, { limit: 1 })).pipe(
          CheckpointPermissions.beforeRequests(gate("inner")),
          CheckpointPermissions.beforeRequests(gate("outer"))
        )
      )
      assert.deepStrictEqual(
        passed,
        [0, 1, 2].flatMap((sent) => [`inner list after ${sent}`, `outer list after ${sent}`])
      )
      assert.lengthOf(yield* received, 3)
    }).pipe(Effect.provide(onFake({ fake: seeded(2), retry: RetryPolicy.make({ schedule: Schedule.recurs(1) }) })))
  )

  it.effect("comes before a turn is asked for, and is asked once more when the turn has come", () =>
    Effect.gen(function* () {
      const service = yield* permissions
      const at: Array<string> = []
      const note = (what: string) => Effect.map(Clock.currentTimeMillis, (now) => void at.push(`${what} at ${now}`))
      const calls = Effect.all([service.list(checkpoint), service.list(checkpoint)], { concurrency: 2 })
      const isOpen = () => Effect.as(note("asked"), true)
      yield* drive(CheckpointPermissions.beforeRequests(calls, { open: () => note("passed"), isOpen }))
      assert.deepStrictEqual(at, ["passed at 0", "asked at 0", "passed at 0", "asked at 60000"])
    }).pipe(Effect.provide(onFake({ pacing: Pacing.fixed({ requests: 1, per: "1 minute" }) })))
  )

  it.effect("that closed meanwhile gives the turn to the next, and is passed again", () =>
    Effect.gen(function* () {
      const service = yield* permissions
      const latch = yield* Effect.makeLatch(true)
      let isOpen = true
      const gate = { open: () => latch.await, isOpen: () => Effect.sync(() => isOpen) }
      yield* service.list(checkpoint)
      const gated = yield* Effect.fork(CheckpointPermissions.beforeRequests(service.list(checkpoint), gate))
      yield* settle
      const rival = yield* Effect.fork(service.list(checkpoint))
      isOpen = false
      yield* latch.close
      yield* TestClock.adjust("2 minutes")
      yield* Fiber.join(rival)
      assert.isTrue(Option.isNone(yield* Fiber.poll(gated)))
      isOpen = true
      yield* latch.open
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(gated)
      assert.deepStrictEqual(yield* received, ["list", "list", "list"])
    }).pipe(Effect.provide(onFake({ pacing: Pacing.fixed({ requests: 1, per: "1 minute" }) })))
  )

  it.effect("holds a write back, which can be interrupted then although a request in flight cannot", () =>
    Effect.gen(function* () {
      const service = yield* permissions
      const reached = yield* Deferred.make<void>()
      const gate = () => Effect.zipRight(Deferred.succeed(reached, undefined), Effect.never)
      const fiber = yield* service
        .create(checkpoint, projects(1))
        .pipe(CheckpointPermissions.finishInFlight, CheckpointPermissions.beforeRequests(gate), Effect.fork)
      yield* Deferred.await(reached)
      yield* settle
      assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
      assert.deepStrictEqual(yield* received, [])
    }).pipe(Effect.provide(onFake()))
  )
})
