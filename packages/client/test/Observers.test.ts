/** Gates and observers: in which order, how often, and with whose services. Whom they hold up stands in the contract. */
import { CheckpointPermissions, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import { Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, Effect, Fiber, Option, Schedule, Stream, TestClock } from "effect"
import { checkpoint, collect, onFake, permissions, seeded, server } from "./support/setup.ts"
import { drive, settle } from "./support/time.ts"
import { type Answer, coded, onWire, pageOf } from "./support/wire.ts"

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
      yield* TestClock.adjust("5 minutes")
      yield* settle
      yield* Fiber.join(rival)
      assert.isTrue(Option.isNone(yield* Fiber.poll(gated)))
      isOpen = true
      yield* latch.open
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(gated)
      assert.deepStrictEqual(yield* received, ["list", "list", "list"])
    }).pipe(Effect.provide(onFake({ pacing: Pacing.fixed({ requests: 1, per: "1 minute" }) })))
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

  class Log extends Context.Tag("test/Log")<Log, Array<string>>() {}
  const note = (name: string) => () => Effect.map(Log, (log) => void log.push(name))

  it.effect("composes, the inner observer first, each with its own services", () =>
    Effect.gen(function* () {
      const inner: Array<string> = []
      const outer: Array<string> = []
      yield* (yield* permissions).stream(checkpoint).pipe(
        CheckpointPermissions.tapReplies(note("inner")),
        Stream.provideService(Log, inner),
        CheckpointPermissions.tapReplies(() => Effect.sync(() => void outer.push(`after ${inner.length}`))),
        CheckpointPermissions.tapReplies(note("outer")),
        Stream.provideService(Log, outer),
        Stream.runDrain
      )
      assert.deepStrictEqual(inner, ["inner"])
      assert.deepStrictEqual(outer, ["after 1", "outer"])
    }).pipe(Effect.provide(onFake()))
  )

  it.effect(
    "runs after the attempt has ended, also of one that timed out or was interrupted, but not without a reply",
    () => {
      const heads: Array<number> = []
      const observed = CheckpointPermissions.tapReplies(({ status }) => Effect.sync(() => heads.push(status)))
      const answers: ReadonlyArray<Answer> = [
        { body: pageOf([]), stall: true },
        { body: pageOf([]), stall: true },
        { drop: coded("ECONNRESET") }
      ]
      const options = { timeout: "5 seconds", retry: RetryPolicy.none } as const
      const { layer, requests } = onWire(({ n }) => answers[n] ?? { body: pageOf([]) }, options)
      return Effect.gen(function* () {
        const { list } = yield* permissions
        const late = yield* Effect.fork(Effect.flip(observed(list(checkpoint))))
        yield* settle
        assert.deepStrictEqual(heads, [])
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual((yield* Fiber.join(late))._tag, "RequestTimeoutError")
        assert.deepStrictEqual(heads, [200])
        const left = yield* Effect.fork(observed(list(checkpoint)))
        yield* settle
        yield* Fiber.interrupt(left)
        assert.deepStrictEqual(heads, [200, 200])
        yield* Effect.flip(observed(list(checkpoint)))
        assert.deepStrictEqual(heads, [200, 200])
        assert.strictEqual(requests.length, 3)
      }).pipe(Effect.provide(layer))
    }
  )

  it.effect("what an observer sends is for the outer observers alone", () =>
    Effect.gen(function* () {
      const { list } = yield* permissions
      let outer = 0
      yield* list(checkpoint).pipe(
        CheckpointPermissions.tapReplies(() => Effect.ignore(list(checkpoint))),
        CheckpointPermissions.tapReplies(() =>
          Effect.sync(() => {
            outer += 1
          })
        )
      )
      assert.strictEqual((yield* received).length, 2)
      assert.strictEqual(outer, 2)
    }).pipe(Effect.provide(onFake()))
  )

  it.effect("tells an observer that is interrupted no second time", () => {
    let told = 0
    const observer = () =>
      Effect.zipRight(
        Effect.sync(() => (told += 1)),
        Effect.never
      )
    return Effect.gen(function* () {
      const fiber = yield* Effect.fork(
        CheckpointPermissions.tapReplies(CheckpointPermissions.list(checkpoint), observer)
      )
      yield* settle
      yield* Fiber.interruptFork(fiber)
      yield* settle
      assert.strictEqual(told, 1)
    }).pipe(Effect.provide(onFake()))
  })

  it.effect("an observer of waits that dies loses no turn of the others", () =>
    Effect.gen(function* () {
      const { list } = yield* permissions
      yield* list(checkpoint)
      const observed = yield* Effect.fork(
        Effect.exit(CheckpointPermissions.tapWaits(list(checkpoint), () => Effect.die("observer")))
      )
      yield* settle
      yield* Fiber.interrupt(observed)
      const fiber = yield* Effect.fork(list(checkpoint))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(fiber)
    }).pipe(Effect.provide(onFake({ pacing: Pacing.fixed({ requests: 1, per: "1 second" }) })))
  )
})
