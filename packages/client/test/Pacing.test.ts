import { Pacing } from "@checkpoint-permissions/client"
import { VirtualClock } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, FastCheck as fc, Ref, TestClock } from "effect"
import { accepted, counted, enter, limited, makePace, takeNow, through, use, waits } from "./support/paces.ts"
import { settle } from "./support/time.ts"

const none = { at: 0, waited: 0, held: 0 }

describe("none", () => {
  it.effect("never waits", () =>
    Effect.gen(function* () {
      const pace = yield* makePace(Pacing.none)
      for (let i = 0; i < 100; i++) assert.deepStrictEqual(yield* (yield* enter(pace)).wait, none)
      yield* use(pace, limited)
      assert.isFalse(yield* waits(pace))
      assert.strictEqual((yield* pace.estimate(1000)).millis, 0)
    })
  )
})

describe("fixed", () => {
  it.effect("no more than configured in any stretch, counted from the replies", () =>
    Effect.gen(function* () {
      const pace = yield* makePace(Pacing.fixed({ requests: 2, per: "1 minute" }))
      const [one, two] = [yield* takeNow(pace), yield* takeNow(pace)]
      yield* TestClock.adjust("1 second")
      yield* one.leave(accepted)
      yield* two.leave(accepted)
      const ticket = yield* enter(pace)
      const fiber = yield* Effect.fork(ticket.wait)
      yield* TestClock.adjust("59999 millis")
      assert.strictEqual((yield* fiber.poll)._tag, "None")
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* Fiber.join(fiber), { at: 61_000, waited: 60_000, held: 0 })
    })
  )

  it.effect("a burst, then one by one", () =>
    Effect.gen(function* () {
      const pace = yield* makePace(Pacing.fixed({ requests: 10, per: "1 minute", burst: 2 }))
      yield* use(pace, accepted)
      yield* use(pace, accepted)
      const fiber = yield* Effect.fork(through(pace, Clock.currentTimeMillis))
      yield* TestClock.adjust("6 seconds")
      assert.strictEqual(yield* Fiber.join(fiber), 6000)
    })
  )

  it.effect("estimates", () =>
    Effect.gen(function* () {
      const pace = yield* makePace(Pacing.fixed({ requests: 10, per: "1 minute" }))
      assert.strictEqual((yield* pace.estimate(10)).millis, 0)
      assert.strictEqual((yield* pace.estimate(11)).millis, 60_000)
      assert.strictEqual((yield* pace.estimate(30)).millis, 120_000)
    })
  )

  it.effect("a wrong rate is not hammered", () =>
    Effect.gen(function* () {
      const pace = yield* makePace(Pacing.fixed({ requests: 60, per: "1 minute" }))
      yield* use(pace, limited)
      assert.isTrue(yield* waits(pace))
      yield* TestClock.adjust("1 second")
      yield* use(pace, limited)
      yield* TestClock.adjust("1 second")
      assert.isTrue(yield* waits(pace))
      yield* TestClock.adjust("1 second")
      yield* use(pace, accepted)
    })
  )
})

describe("waiting", () => {
  it.effect("first come, first served", () =>
    Effect.gen(function* () {
      const pace = yield* makePace(Pacing.fixed({ requests: 1, per: "1 second" }))
      yield* use(pace, accepted)
      const order = yield* Ref.make<ReadonlyArray<number>>([])
      const fibers = yield* Effect.forEach([0, 1, 2, 3, 4], (i) =>
        through(
          pace,
          Ref.update(order, (all) => [...all, i])
        ).pipe(Effect.fork, Effect.zipLeft(Effect.yieldNow()))
      )
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.joinAll(fibers)
      assert.deepStrictEqual(yield* Ref.get(order), [0, 1, 2, 3, 4])
    })
  )

  it.effect("a cancelled waiter does not consume a turn", () =>
    Effect.gen(function* () {
      const pace = yield* makePace(Pacing.fixed({ requests: 1, per: "1 second" }))
      yield* use(pace, accepted)
      const gone = yield* Effect.forEach([1, 2, 3], () => Effect.fork(through(pace, Effect.void)))
      const stays = yield* Effect.fork(through(pace, Clock.currentTimeMillis))
      yield* TestClock.adjust("500 millis")
      for (const fiber of gone) assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
      yield* TestClock.adjust("500 millis")
      assert.strictEqual(yield* Fiber.join(stays), 1000)
    })
  )

  it.effect("a request that never reports is given up after a minute", () =>
    Effect.gen(function* () {
      const pace = yield* makePace(Pacing.fixed({ requests: 1, per: "1 second" }))
      yield* takeNow(pace)
      const fiber = yield* Effect.fork(through(pace, Clock.currentTimeMillis))
      yield* TestClock.adjust("62 seconds")
      assert.isAtMost(yield* Fiber.join(fiber), 61_000)
    })
  )

  it.effect("a request without a reply gives its place back", () =>
    Effect.gen(function* () {
      const pace = yield* makePace(Pacing.adaptive)
      const tickets = yield* Effect.replicateEffect(takeNow(pace), 8)
      const fiber = yield* Effect.fork(through(pace, Effect.void))
      yield* settle
      assert.strictEqual((yield* fiber.poll)._tag, "None")
      yield* tickets[0]?.leave(undefined) ?? Effect.void
      yield* Fiber.join(fiber)
    })
  )

  it.effect("works in an uninterruptible region and in a finalizer of an interrupted fiber", () =>
    Effect.gen(function* () {
      const pace = yield* makePace(Pacing.fixed({ requests: 1, per: "1 second" }))
      yield* use(pace, accepted)
      const times = yield* Ref.make<ReadonlyArray<number>>([])
      const request = through(
        pace,
        Effect.flatMap(Clock.currentTimeMillis, (now) => Ref.update(times, (all) => [...all, now]))
      )
      const fiber = yield* Effect.fork(Effect.ensuring(Effect.never, Effect.orDie(request)))
      const other = yield* Effect.fork(Effect.uninterruptible(request))
      yield* Effect.yieldNow()
      yield* Fiber.interruptFork(fiber)
      yield* Fiber.interruptFork(other)
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.await(fiber)
      yield* Fiber.await(other)
      assert.deepStrictEqual(yield* Ref.get(times), [1000, 2000])
    })
  )

  it.effect("does not depend on the fiber of another call: the one that set the timer may go", () =>
    Effect.gen(function* () {
      const pace = yield* makePace(Pacing.fixed({ requests: 1, per: "1 second" }))
      yield* use(pace, accepted)
      const first = yield* Effect.fork(through(pace, Effect.void))
      yield* settle
      const second = yield* Effect.fork(through(pace, Clock.currentTimeMillis))
      yield* settle
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(second), 1000)
    })
  )

  it.effect("no turn is lost by an interruption, however often the fibers yield", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(
          fc.oneof(fc.integer({ min: 11, max: 47 }), fc.integer({ min: 2000, max: 2100 })),
          fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 12 }),
          (operations, yields) =>
            Effect.gen(function* () {
              const pace = yield* makePace(Pacing.fixed({ requests: 1, per: "1 second" }))
              for (const count of yields) {
                const fiber = yield* Effect.fork(through(pace, Effect.yieldNow()))
                yield* Effect.repeatN(Effect.yieldNow(), count)
                yield* Fiber.interruptFork(fiber)
              }
              const last = yield* through(pace, Clock.currentTimeMillis)
              assert.isAtMost(last, 1000 * yields.length)
            }).pipe(Effect.withMaxOpsBeforeYield(operations), VirtualClock.run, Effect.runPromise)
        ),
        { numRuns: 300 }
      )
    )
  )
})

describe("patience", () => {
  it.effect("of a call ends at once when a hold would last longer", () =>
    Effect.gen(function* () {
      const pace = yield* makePace(Pacing.adaptive)
      const early = yield* takeNow(pace)
      const waiting = yield* Effect.forEach(Array.from({ length: 7 }), () => takeNow(pace))
      const queued = yield* Effect.fork(Effect.flatMap(enter(pace, 5000), (ticket) => ticket.wait))
      yield* settle
      yield* early.leave({ status: "limited", retryAfter: 61_000 })
      assert.deepStrictEqual(yield* Fiber.join(queued), { at: 0, heldUntil: 61_000 })
      const late = yield* enter(pace, 60_000)
      assert.deepStrictEqual(yield* late.wait, { at: 0, heldUntil: 61_000 })
      for (const ticket of waiting) yield* ticket.leave(accepted)
    })
  )

  it.effect("does not end while turns come at a steady rate", () =>
    Effect.gen(function* () {
      const pace = yield* makePace(Pacing.fixed({ requests: 1, per: "1 minute" }))
      yield* use(pace, accepted)
      const ticket = yield* enter(pace, 0)
      const fiber = yield* Effect.fork(ticket.wait)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Fiber.join(fiber), { at: 60_000, waited: 60_000, held: 0 })
    })
  )
})

describe("at once", () => {
  it.effect("goes whatever the pace says, and is counted", () =>
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
})

describe("adaptive", () => {
  it.effect("one request after the other is never slowed without a refusal", () =>
    Effect.gen(function* () {
      const pace = yield* makePace(Pacing.adaptive)
      for (let i = 0; i < 1000; i++) yield* use(pace, accepted)
      assert.strictEqual(yield* Clock.currentTimeMillis, 0)
      assert.strictEqual((yield* TestClock.sleeps()).length, 0)
    })
  )

  it.effect("some go together at the start, and nobody sleeps before a refusal", () =>
    Effect.gen(function* () {
      const pace = yield* makePace(Pacing.adaptive)
      const sent = yield* Ref.make(0)
      const open = yield* Effect.makeLatch()
      const request = through(
        pace,
        Effect.zipRight(
          Ref.update(sent, (n) => n + 1),
          open.await
        )
      )
      const fibers = yield* Effect.forEach(Array.from({ length: 64 }), () => Effect.fork(request))
      yield* settle
      assert.isAtLeast(yield* Ref.get(sent), 8)
      assert.isAtMost(yield* Ref.get(sent), 32)
      assert.strictEqual((yield* TestClock.sleeps()).length, 0)
      yield* open.open
      yield* Fiber.joinAll(fibers)
      assert.strictEqual((yield* TestClock.sleeps()).length, 0)
    })
  )

  it.effect("one refusal does not become fifty", () =>
    Effect.gen(function* () {
      const pace = yield* makePace(Pacing.adaptive)
      for (let i = 0; i < 10; i++) yield* use(pace, accepted)
      yield* use(pace, limited)
      const never = yield* Effect.makeLatch()
      const sent = yield* Ref.make(0)
      const fibers = yield* Effect.forEach(Array.from({ length: 50 }), () =>
        Effect.fork(
          through(
            pace,
            Effect.zipRight(
              Ref.update(sent, (n) => n + 1),
              never.await
            )
          )
        )
      )
      yield* TestClock.adjust("900 millis")
      assert.strictEqual(yield* Ref.get(sent), 0)
      yield* TestClock.adjust("5 seconds")
      // one alone, and the others wait for what comes of it
      assert.strictEqual(yield* Ref.get(sent), 1)
      yield* Fiber.interruptAll(fibers)
    })
  )

  it.effect("Retry-After holds all, and is not shortened by a shorter one", () =>
    Effect.gen(function* () {
      const pace = yield* makePace(Pacing.adaptive)
      const [one, two] = [yield* takeNow(pace), yield* takeNow(pace)]
      yield* one.leave({ ...limited, retryAfter: 61_000 })
      yield* two.leave({ ...limited, retryAfter: 2000 })
      const { request, sent } = yield* counted(pace, undefined)
      const fibers = yield* Effect.forEach(Array.from({ length: 8 }), () =>
        Effect.fork(Effect.zipLeft(request, Effect.void))
      )
      yield* TestClock.adjust("60999 millis")
      assert.strictEqual(yield* sent, 0)
      yield* TestClock.adjust("1 millis")
      assert.isAtLeast(yield* sent, 1)
      yield* Fiber.interruptAll(fibers)
    })
  )

  it.effect("paces are independent of each other", () =>
    Effect.gen(function* () {
      const one = yield* makePace(Pacing.adaptive)
      const other = yield* makePace(Pacing.adaptive)
      yield* use(one, { ...limited, retryAfter: 3_600_000 })
      assert.isTrue(yield* waits(one))
      assert.isFalse(yield* waits(other))
    })
  )
})
