/** The fibers that wait for a permit. Which of them get it when is tested in the contract and in `protocol/test/pacing*`. */
import { Pacing } from "@checkpoint-permissions/client"
import { VirtualClock } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, FastCheck as fc, TestClock } from "effect"
import {
  accepted,
  type InFlight,
  limited,
  makeLimiter,
  start,
  startNow,
  through,
  urgent,
  use
} from "./support/limiters.ts"
import { flush, stopped } from "./support/time.ts"

const oneASecond = makeLimiter(Pacing.fixed({ requests: 1, per: "1 second" }))

const times = ({ paused, waited }: InFlight) => [waited, paused]

it.effect("none never waits", () =>
  Effect.gen(function* () {
    const limiter = yield* makeLimiter(Pacing.none)
    for (let i = 0; i < 100; i++) assert.deepStrictEqual(times(yield* start(limiter)), [0, 0])
    yield* use(limiter, limited)
    yield* startNow(limiter)
  })
)

it("a fixed rate with invalid options throws where it is written, with the reason of refuseFixed", () => {
  const options = { requests: 0, per: "1 minute" } as const
  const reason = "requests is 0: pass the number of allowed requests, 1 or more"
  assert.strictEqual(Pacing.refuseFixed(options), reason)
  assert.throws(() => Pacing.fixed(options), RangeError, reason)
  assert.isUndefined(Pacing.refuseFixed({ requests: 1, per: "1 minute" }))
})

describe("a waiter", () => {
  it.effect("returns its wait, to the millisecond", () =>
    Effect.gen(function* () {
      const limiter = yield* makeLimiter(Pacing.fixed({ requests: 2, per: "1 minute" }))
      const [one, two] = [yield* startNow(limiter), yield* startNow(limiter)]
      yield* TestClock.adjust("1 second")
      yield* one.end(accepted)
      yield* two.end(accepted)
      const fiber = yield* Effect.fork(start(limiter))
      yield* TestClock.adjust("59999 millis")
      assert.strictEqual((yield* fiber.poll)._tag, "None")
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(times(yield* Fiber.join(fiber)), [60_000, 0])
    })
  )

  it.effect("that is cancelled does not consume a permit, though it set the timer for all", () =>
    Effect.gen(function* () {
      const limiter = yield* oneASecond
      yield* use(limiter, accepted)
      const gone = yield* Effect.forEach([1, 2, 3], () =>
        Effect.zipLeft(Effect.fork(through(limiter, Effect.void)), flush)
      )
      const stays = yield* Effect.fork(through(limiter, Clock.currentTimeMillis))
      yield* TestClock.adjust("500 millis")
      for (const fiber of gone) assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
      yield* TestClock.adjust("500 millis")
      assert.strictEqual(yield* Fiber.join(stays), 1000)
    })
  )

  it.effect("that is cancelled leaves no timer behind", () =>
    Effect.gen(function* () {
      const { clock, sleepers } = stopped()
      const limiter = yield* oneASecond
      yield* use(limiter, accepted)
      const fiber = yield* Effect.fork(Effect.withClock(through(limiter, Effect.void), clock))
      yield* flush
      assert.strictEqual(sleepers.size, 1)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(sleepers.size, 0)
    })
  )

  it.effect("that is interrupted loses no permit, however often the fibers yield", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(
          fc.oneof(fc.integer({ min: 11, max: 47 }), fc.integer({ min: 2000, max: 2100 })),
          fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 12 }),
          (operations, yields) =>
            Effect.gen(function* () {
              const limiter = yield* oneASecond
              for (const count of yields) {
                const fiber = yield* Effect.fork(through(limiter, Effect.yieldNow()))
                yield* Effect.repeatN(Effect.yieldNow(), count)
                yield* Fiber.interruptFork(fiber)
              }
              const last = yield* through(limiter, Clock.currentTimeMillis)
              assert.isAtMost(last, 1000 * yields.length)
            }).pipe(Effect.withMaxOpsBeforeYield(operations), VirtualClock.run, Effect.runPromise)
        ),
        { numRuns: 100 }
      )
    )
  )
})

it.effect("an urgent request is sent immediately, and counts", () =>
  Effect.gen(function* () {
    const limiter = yield* makeLimiter(Pacing.fixed({ requests: 1, per: "1 minute" }))
    yield* use(limiter, accepted)
    const request = yield* start(limiter, urgent)
    assert.deepStrictEqual(times(request), [0, 0])
    yield* TestClock.adjust("30 seconds")
    yield* request.end(accepted)
    const fiber = yield* Effect.fork(through(limiter, Clock.currentTimeMillis))
    yield* TestClock.adjust("1 minute")
    assert.strictEqual(yield* Fiber.join(fiber), 90_000)
  })
)

it.effect("the adaptive limiter never sleeps before a refusal, also in waiting calls", () =>
  Effect.gen(function* () {
    const limiter = yield* makeLimiter(Pacing.adaptive)
    for (let i = 0; i < 100; i++) yield* use(limiter, accepted)
    const open = yield* Effect.makeLatch()
    const fibers = yield* Effect.replicateEffect(Effect.fork(through(limiter, open.await)), 64)
    yield* flush
    assert.lengthOf(yield* TestClock.sleeps(), 0)
    yield* open.open
    yield* Fiber.joinAll(fibers)
    assert.lengthOf(yield* TestClock.sleeps(), 0)
  })
)
