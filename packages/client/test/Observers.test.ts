/** The services that observers run with. Their order and times are tested in the contract. */
import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Stream, TestClock } from "effect"
import { checkpoint, onFake, permissions, server } from "./support/setup.ts"
import { flush } from "./support/time.ts"

const received = Effect.flatMap(server, (fake) =>
  Effect.map(fake.requests, (requests) => requests.map(({ operation }) => operation))
)

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

  it.effect("an observer of waits that dies loses no permit of the others", () =>
    Effect.gen(function* () {
      const { list } = yield* permissions
      yield* list(checkpoint)
      const observed = yield* Effect.fork(
        Effect.exit(CheckpointPermissions.withOptions(list(checkpoint), { onWait: () => Effect.die("observer") }))
      )
      yield* flush
      yield* Fiber.interrupt(observed)
      const fiber = yield* Effect.fork(list(checkpoint))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(fiber)
    }).pipe(Effect.provide(onFake({ pacing: Pacing.fixed({ requests: 1, per: "1 second" }) })))
  )
})
