import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Duration, Effect, Exit, Fiber, FiberRef, TestClock } from "effect"
import { timeLimit } from "../src/internal/timeLimit.ts"

const limited = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  timeLimit<A, E | "late", R>(self, Duration.seconds(1), () => "late")

describe("a time limit", () => {
  it.effect("leaves what is in time as it is", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* limited(Effect.succeed(1)), 1)
      assert.deepStrictEqual(yield* Effect.exit(limited(Effect.fail("no"))), Exit.fail("no"))
      assert.isTrue(Cause.isDieType(yield* Effect.flip(Effect.sandbox(limited(Effect.die("broken"))))))
    })
  )

  it.effect("ends what is not, and waits until it has ended", () =>
    Effect.gen(function* () {
      const cleaned = yield* Deferred.make<void>()
      const slow = Effect.never.pipe(
        Effect.onInterrupt(() => Effect.zipRight(Effect.sleep("1 second"), Deferred.succeed(cleaned, undefined)))
      )
      const fiber = yield* Effect.fork(limited(slow))
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* fiber.poll)._tag, "None")
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.await(fiber), Exit.fail("late"))
      assert.isTrue(yield* Deferred.isDone(cleaned))
    })
  )

  it.effect("holds where the caller may not be interrupted", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(Effect.uninterruptible(limited(Effect.never)))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.await(fiber), Exit.fail("late"))
    })
  )

  it.effect("an interruption of the caller reaches what runs, and is waited for", () =>
    Effect.gen(function* () {
      let ended = false
      const slow = Effect.onInterrupt(Effect.never, () =>
        Effect.sync(() => {
          ended = true
        })
      )
      const fiber = yield* Effect.fork(limited(slow))
      yield* TestClock.adjust(1)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
      assert.isTrue(ended)
    })
  )

  it.effect("what runs leaves its FiberRefs to the caller", () =>
    Effect.gen(function* () {
      const ref = FiberRef.unsafeMake(0)
      yield* limited(FiberRef.set(ref, 1))
      assert.strictEqual(yield* FiberRef.get(ref), 1)
    })
  )
})
