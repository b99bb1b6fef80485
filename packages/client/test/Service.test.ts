import { CheckpointPermissions, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import { Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Exit, Fiber, Layer, Logger, Ref, Schedule, TestClock } from "effect"
import { makePace } from "./support/paces.ts"
import { checkpoint, collect, onFake, permission, permissions, project, seeded, server } from "./support/setup.ts"
import { drive, settle } from "./support/time.ts"

const first = permission("cp_000000000000000000000001")
const outcomes = Effect.flatMap(server, (fake) =>
  Effect.map(fake.requests, (requests) => requests.map(({ outcome }) => outcome))
)

describe("finishInFlight", () => {
  const slow = { ...seeded(2), behavior: { latency: "10 seconds" } } as const

  it.effect("lets a request that is out come to its end though the caller was interrupted", () =>
    Effect.gen(function* () {
      const fake = yield* server
      const service = yield* permissions
      const known = yield* Ref.make("nothing")
      const fiber = yield* Effect.fork(
        CheckpointPermissions.finishInFlight(service.delete(checkpoint, first), ({ error, operation }) =>
          Ref.set(known, `${operation} ${error === undefined}`)
        )
      )
      yield* fake.awaitRequests(1)
      const interrupting = yield* Effect.fork(Fiber.interrupt(fiber))
      yield* TestClock.adjust("9 seconds")
      assert.deepStrictEqual(yield* outcomes, ["pending"])
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(interrupting)
      assert.deepStrictEqual(yield* outcomes, ["replied"])
      assert.deepStrictEqual(yield* fake.projects(checkpoint), ["proj_1"])
      assert.strictEqual(yield* known, "delete true")
    }).pipe(Effect.provide(onFake({ fake: slow })))
  )

  it.effect("no longer than its timeout", () =>
    Effect.gen(function* () {
      const service = yield* permissions
      const known = yield* Ref.make("nothing")
      const fiber = yield* Effect.fork(
        CheckpointPermissions.finishInFlight(service.delete(checkpoint, first), ({ error }) =>
          Ref.set(known, `${error?._tag} ${error?.mayHaveExecuted}`)
        )
      )
      yield* (yield* server).awaitRequests(1)
      const interrupting = yield* Effect.fork(Fiber.interrupt(fiber))
      yield* TestClock.adjust("3 seconds")
      yield* Fiber.join(interrupting)
      assert.strictEqual(yield* known, "RequestTimeoutError true")
      assert.deepStrictEqual(yield* outcomes, ["abandoned"])
    }).pipe(Effect.provide(onFake({ fake: slow, timeout: "3 seconds", retry: RetryPolicy.none })))
  )

  it.effect("does not wait to try again", () =>
    Effect.gen(function* () {
      const service = yield* permissions
      const fiber = yield* Effect.fork(CheckpointPermissions.finishInFlight(service.delete(checkpoint, first)))
      yield* (yield* server).awaitRequests(1)
      yield* settle
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
      assert.deepStrictEqual(yield* outcomes, ["replied"])
    }).pipe(Effect.provide(onFake({ fake: { faults: Faults.scripted([{ fault: Faults.rateLimited(), times: 9 }]) } })))
  )
})

describe("tapReplies", () => {
  it.effect("sees every reply, whatever its status, once", () =>
    Effect.gen(function* () {
      const fake = yield* server
      yield* fake.inject([Faults.error(500), Faults.dropAfter(), Faults.html(200)])
      const seen: Array<CheckpointPermissions.Reply> = []
      const service = yield* permissions
      const all = Effect.all([
        Effect.ignore(service.list(checkpoint)),
        collect(service.stream(checkpoint, { limit: 1 }))
      ])
      yield* drive(CheckpointPermissions.tapReplies(all, (reply) => Effect.sync(() => seen.push(reply))))
      const replied = (yield* fake.requests).filter(({ outcome }) => outcome === "replied")
      assert.strictEqual(replied.length, 4)
      assert.deepStrictEqual(
        seen,
        replied.map(({ requestId, status }) => ({ operation: "list", requestId, status: status ?? 0 }))
      )
    }).pipe(Effect.provide(onFake({ fake: seeded(2), retry: RetryPolicy.make({ schedule: Schedule.recurs(3) }) })))
  )
})

describe("a service", () => {
  it.effect("says where its requests go", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* permissions).server, {
        apiUrl: "https://gateway.example/v1",
        organization: "org-1"
      })
    }).pipe(Effect.provide(onFake({ apiUrl: "https://gateway.example/v1/", organizationId: "org-1" })))
  )

  it.effect("says how long requests will take: the longest of its operations, which are paced apart", () =>
    Effect.gen(function* () {
      const { estimate } = yield* permissions
      const pace = yield* makePace(Pacing.fixed({ requests: 10, per: "1 minute" }))
      for (const n of [1, 10, 11, 100]) {
        const { basis, millis } = yield* pace.estimate(n)
        const expected = { basis, duration: Duration.millis(millis), refused: 0 }
        assert.deepStrictEqual(yield* estimate({ list: n }), expected)
        assert.deepStrictEqual(
          yield* estimate({ list: 1, create: Math.max(3, n), delete: 3 }),
          yield* estimate({ list: Math.max(3, n) })
        )
      }
      assert.isTrue(Duration.isZero((yield* estimate({})).duration))
    }).pipe(Effect.provide(onFake({ pacing: Pacing.fixed({ requests: 10, per: "1 minute" }) })))
  )

  it.effect("can be used by many fibers at once", () =>
    Effect.gen(function* () {
      const service = yield* permissions
      yield* Effect.forEach(
        Array.from({ length: 50 }, (_, n) => n),
        (n) => service.create(checkpoint, [project(n)]),
        { concurrency: "unbounded" }
      )
      const all = yield* collect(service.stream(checkpoint))
      assert.strictEqual(new Set(all.map(({ project_id }) => project_id)).size, 50)
    }).pipe(Effect.provide(onFake()))
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
