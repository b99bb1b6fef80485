import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Layer, Logger, TestClock } from "effect"
import { checkpoint, onFake, permissions, seeded } from "./support/setup.ts"

describe("a service", () => {
  it.effect("says where its requests go", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* permissions).server, {
        apiUrl: "https://gateway.example/v1",
        organization: "org-1"
      })
    }).pipe(Effect.provide(onFake({ apiUrl: "https://gateway.example/v1/", organizationId: "org-1" })))
  )

  it.effect("says how long requests will take: the longest of its operations, which are paced each for itself", () =>
    Effect.gen(function* () {
      const { estimate } = yield* permissions
      const minutes = (duration: number) => ({ basis: "configured", duration: Duration.minutes(duration), refused: 0 })
      assert.isTrue(Duration.isZero((yield* estimate({})).duration))
      assert.deepStrictEqual<unknown>(yield* estimate({ list: 11, create: 5, delete: 3 }), minutes(1))
      assert.deepStrictEqual<unknown>(yield* estimate({ list: 1, create: 21 }), minutes(2))
      assert.deepStrictEqual<unknown>(yield* estimate({ delete: 31 }), minutes(3))
    }).pipe(Effect.provide(onFake({ pacing: Pacing.fixed({ requests: 10, per: "1 minute" }) })))
  )
})

describe("a layer around a program sets", () => {
  const list = CheckpointPermissions.list(checkpoint)

  it.effect("the observer of replies", () =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      yield* list.pipe(
        Effect.provide(
          Layer.succeed(CheckpointPermissions.CurrentReplyObserver, ({ status }) =>
            Effect.sync(() => void seen.push(status))
          )
        )
      )
      assert.deepStrictEqual(seen, [200])
    }).pipe(Effect.provide(onFake({ fake: seeded(1) })))
  )

  it.effect("the observer of waits, and that they are not logged", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const logged: Array<unknown> = []
      const logger = Logger.make(({ logLevel, message }) => {
        if (logLevel._tag === "Warning") logged.push(message)
      })
      const fiber = yield* Effect.fork(
        list.pipe(
          Effect.provide(
            Layer.mergeAll(
              Layer.succeed(CheckpointPermissions.CurrentWaitObserver, ({ reason }) =>
                Effect.sync(() => void seen.push(reason))
              ),
              Layer.succeed(CheckpointPermissions.CurrentWaitLog, false),
              Logger.replace(Logger.defaultLogger, logger)
            )
          )
        )
      )
      yield* TestClock.adjust("1 hour")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(seen, ["retry"])
      assert.deepStrictEqual(logged, [])
    }).pipe(
      Effect.provide(
        onFake({
          fake: { ...seeded(1), faults: Faults.scripted([{ fault: Faults.rateLimited({ "retry-after": "20" }) }]) }
        })
      )
    )
  )

  it.effect("the gate, outside of those that are added", () =>
    Effect.gen(function* () {
      const passed: Array<string> = []
      const gate = (name: string): CheckpointPermissions.Gate => ({
        open: ({ operation }) => Effect.sync(() => void passed.push(`${name} opens to ${operation}`)),
        isOpen: () =>
          Effect.sync(() => {
            passed.push(`${name} is open`)
            return true
          })
      })
      yield* list.pipe(
        CheckpointPermissions.beforeRequests(gate("inner")),
        Effect.provide(Layer.succeed(CheckpointPermissions.CurrentRequestGate, gate("layer")))
      )
      assert.deepStrictEqual(passed, ["inner opens to list", "layer opens to list", "inner is open", "layer is open"])
    }).pipe(Effect.provide(onFake({ fake: seeded(1) })))
  )

  it.effect("that nothing waits for the pace", () =>
    Effect.gen(function* () {
      yield* Effect.all([list, list, list]).pipe(Effect.provide(Layer.succeed(Pacing.CurrentWithoutWaiting, true)))
      assert.strictEqual(yield* Clock.currentTimeMillis, 0)
    }).pipe(Effect.provide(onFake({ pacing: Pacing.fixed({ requests: 1, per: "1 second" }), fake: seeded(1) })))
  )
})
