/** Gates that close, and with whose services observers run. In which order, how often and when stands in the contract. */
import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, Effect, Fiber, Option, Stream, TestClock } from "effect"
import { checkpoint, onFake, permissions, server } from "./support/setup.ts"
import { drive, settle } from "./support/time.ts"

const received = Effect.flatMap(server, (fake) =>
  Effect.map(fake.requests, (requests) => requests.map(({ operation }) => operation))
)

describe("beforeRequests", () => {
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

describe("withOptions", () => {
  class Log extends Context.Tag("test/Log")<Log, Array<string>>() {}
  const note = (name: string) => () => Effect.map(Log, (log) => void log.push(name))

  it.effect("composes, the inner observer first, each with its own services", () =>
    Effect.gen(function* () {
      const inner: Array<string> = []
      const outer: Array<string> = []
      yield* (yield* permissions).stream(checkpoint).pipe(
        CheckpointPermissions.withOptions({ onReply: note("inner") }),
        Stream.provideService(Log, inner),
        CheckpointPermissions.withOptions({
          onReply: () => Effect.sync(() => void outer.push(`after ${inner.length}`))
        }),
        CheckpointPermissions.withOptions({ onReply: note("outer") }),
        Stream.provideService(Log, outer),
        Stream.runDrain
      )
      assert.deepStrictEqual(inner, ["inner"])
      assert.deepStrictEqual(outer, ["after 1", "outer"])
    }).pipe(Effect.provide(onFake()))
  )

  it.effect("what an observer sends is for the outer observers alone", () =>
    Effect.gen(function* () {
      const { list } = yield* permissions
      let outer = 0
      yield* list(checkpoint).pipe(
        CheckpointPermissions.withOptions({ onReply: () => Effect.ignore(list(checkpoint)) }),
        CheckpointPermissions.withOptions({
          onReply: () =>
            Effect.sync(() => {
              outer += 1
            })
        })
      )
      assert.strictEqual((yield* received).length, 2)
      assert.strictEqual(outer, 2)
    }).pipe(Effect.provide(onFake()))
  )

  it.effect("an observer of waits that dies loses no turn of the others", () =>
    Effect.gen(function* () {
      const { list } = yield* permissions
      yield* list(checkpoint)
      const observed = yield* Effect.fork(
        Effect.exit(CheckpointPermissions.withOptions(list(checkpoint), { onWait: () => Effect.die("observer") }))
      )
      yield* settle
      yield* Fiber.interrupt(observed)
      const fiber = yield* Effect.fork(list(checkpoint))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(fiber)
    }).pipe(Effect.provide(onFake({ pacing: Pacing.fixed({ requests: 1, per: "1 second" }) })))
  )
})
