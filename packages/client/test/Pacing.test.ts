/** The fibers that wait in a pace. When which of them may go stands in the contract and in `protocol/test/pacing*`. */
import { Pacing } from "@checkpoint-permissions/client"
import { VirtualClock } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, FastCheck as fc, TestClock } from "effect"
import { accepted, enter, limited, makePace, takeNow, through, use, waits } from "./support/paces.ts"
import { settle, stopped } from "./support/time.ts"

const none = { at: 0, waited: 0, held: 0 }
const oneASecond = makePace(Pacing.fixed({ requests: 1, per: "1 second" }))

it.effect("none never waits", () =>
  Effect.gen(function* () {
    const pace = yield* makePace(Pacing.none)
    for (let i = 0; i < 100; i++) assert.deepStrictEqual(yield* (yield* enter(pace)).wait, none)
    yield* use(pace, limited)
    assert.isFalse(yield* waits(pace))
    assert.strictEqual((yield* pace.estimate(1000)).millis, 0)
  })
)

describe("a waiter", () => {
  it.effect("knows when it went and how long it waited, to the millisecond", () =>
    Effect.gen(function* () {
      const pace = yield* makePace(Pacing.fixed({ requests: 2, per: "1 minute" }))
      const [one, two] = [yield* takeNow(pace), yield* takeNow(pace)]
      yield* TestClock.adjust("1 second")
      yield* one.leave(accepted)
      yield* two.leave(accepted)
      const fiber = yield* Effect.fork(Effect.flatMap(enter(pace), ({ wait }) => wait))
      yield* TestClock.adjust("59999 millis")
      assert.strictEqual((yield* fiber.poll)._tag, "None")
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* Fiber.join(fiber), { at: 61_000, waited: 60_000, held: 0 })
    })
  )

  it.effect("that is cancelled does not consume a turn, though it set the timer for all", () =>
    Effect.gen(function* () {
      const pace = yield* oneASecond
      yield* use(pace, accepted)
      const gone = yield* Effect.forEach([1, 2, 3], () =>
        Effect.zipLeft(Effect.fork(through(pace, Effect.void)), settle)
      )
      const stays = yield* Effect.fork(through(pace, Clock.currentTimeMillis))
      yield* TestClock.adjust("500 millis")
      for (const fiber of gone) assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
      yield* TestClock.adjust("500 millis")
      assert.strictEqual(yield* Fiber.join(stays), 1000)
    })
  )

  it.effect("that is cancelled leaves no timer behind", () =>
    Effect.gen(function* () {
      const { clock, sleepers } = stopped()
      const pace = yield* oneASecond
      yield* use(pace, accepted)
      const fiber = yield* Effect.fork(Effect.withClock(through(pace, Effect.void), clock))
      yield* settle
      assert.strictEqual(sleepers.size, 1)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(sleepers.size, 0)
    })
  )

  it.effect("goes when a request ends without a reply", () =>
    Effect.gen(function* () {
      const pace = yield* makePace(Pacing.adaptive)
      const [first] = yield* Effect.replicateEffect(takeNow(pace), 8)
      const fiber = yield* Effect.fork(through(pace, Effect.void))
      yield* settle
      assert.strictEqual((yield* fiber.poll)._tag, "None")
      yield* first?.leave(undefined) ?? Effect.void
      yield* Fiber.join(fiber)
    })
  )

  it.effect("that is interrupted loses no turn, however often the fibers yield", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(
          fc.oneof(fc.integer({ min: 11, max: 47 }), fc.integer({ min: 2000, max: 2100 })),
          fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 12 }),
          (operations, yields) =>
            Effect.gen(function* () {
              const pace = yield* oneASecond
              for (const count of yields) {
                const fiber = yield* Effect.fork(through(pace, Effect.yieldNow()))
                yield* Effect.repeatN(Effect.yieldNow(), count)
                yield* Fiber.interruptFork(fiber)
              }
              const last = yield* through(pace, Clock.currentTimeMillis)
              assert.isAtMost(last, 1000 * yields.length)
            }).pipe(Effect.withMaxOpsBeforeYield(operations), VirtualClock.run, Effect.runPromise)
        ),
        { numRuns: 100 }
      )
    )
  )
})

it.effect("a request that goes at once does whatever the pace says, and is counted", () =>
  Effect.gen(function* () {
    const pace = yield* makePace(Pacing.fixed({ requests: 1, per: "1 minute" }))
    yield* use(pace, accepted)
    const ticket = yield* enter(pace, 0, true)
    assert.deepStrictEqual(yield* ticket.wait, none)
    yield* TestClock.adjust("30 seconds")
    yield* ticket.leave(accepted)
    const fiber = yield* Effect.fork(through(pace, Clock.currentTimeMillis))
    yield* TestClock.adjust("1 minute")
    assert.strictEqual(yield* Fiber.join(fiber), 90_000)
  })
)

it.effect("the adaptive pace lets nobody sleep before a refusal, also of those that wait for others", () =>
  Effect.gen(function* () {
    const pace = yield* makePace(Pacing.adaptive)
    for (let i = 0; i < 100; i++) yield* use(pace, accepted)
    const open = yield* Effect.makeLatch()
    const fibers = yield* Effect.replicateEffect(Effect.fork(through(pace, open.await)), 64)
    yield* settle
    assert.lengthOf(yield* TestClock.sleeps(), 0)
    yield* open.open
    yield* Fiber.joinAll(fibers)
    assert.lengthOf(yield* TestClock.sleeps(), 0)
  })
)
