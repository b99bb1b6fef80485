import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Exit, Fiber, Ref, TestClock } from "effect"
import * as Pacing from "../src/Pacing.ts"

const accepted = { status: "accepted" } as const
const limited = { status: "limited" } as const

/** Takes a turn at once, or fails the test. */
const takeNow = (pace: Pacing.Pace) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(pace.take)
    yield* Effect.yieldNow()
    const exit = yield* fiber.poll
    assert.isTrue(exit._tag === "Some", "no turn")
  })

/** Whether a turn could be had now; gives it back if not. */
const waits = (pace: Pacing.Pace) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(pace.take)
    yield* TestClock.adjust(0)
    const exit = yield* fiber.poll
    yield* Fiber.interrupt(fiber)
    return exit._tag === "None"
  })

const use = (pace: Pacing.Pace, outcome: Pacing.Outcome) => Effect.zipRight(takeNow(pace), pace.report(outcome))

describe("none", () => {
  it.effect("never waits", () =>
    Effect.gen(function* () {
      const pace = yield* Pacing.none.make
      for (let i = 0; i < 100; i++) assert.isTrue(Duration.isZero(yield* pace.take))
      yield* pace.report(limited)
      assert.isTrue(Duration.isZero(yield* pace.take))
      assert.isTrue(Duration.isZero(yield* pace.estimate(1000)))
    })
  )
})

describe("fixed", () => {
  it.effect("no more than told in any stretch, counted from the replies", () =>
    Effect.gen(function* () {
      const pace = yield* Pacing.fixed({ requests: 2, per: "1 minute" }).make
      yield* takeNow(pace)
      yield* takeNow(pace)
      yield* TestClock.adjust("1 second")
      yield* pace.report(accepted)
      yield* pace.report(accepted)
      const fiber = yield* Effect.fork(pace.take)
      yield* TestClock.adjust("59999 millis")
      assert.strictEqual((yield* fiber.poll)._tag, "None")
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(Duration.toMillis(yield* Fiber.join(fiber)), 60_000)
    })
  )

  it.effect("a burst, then one by one", () =>
    Effect.gen(function* () {
      const pace = yield* Pacing.fixed({ requests: 10, per: "1 minute", burst: 2 }).make
      yield* use(pace, accepted)
      yield* use(pace, accepted)
      const fiber = yield* Effect.fork(pace.take)
      yield* TestClock.adjust("6 seconds")
      assert.strictEqual(Duration.toMillis(yield* Fiber.join(fiber)), 6000)
    })
  )

  it.effect("estimates", () =>
    Effect.gen(function* () {
      const pace = yield* Pacing.fixed({ requests: 10, per: "1 minute" }).make
      assert.strictEqual(Duration.toMillis(yield* pace.estimate(10)), 0)
      assert.strictEqual(Duration.toMillis(yield* pace.estimate(11)), 60_000)
      assert.strictEqual(Duration.toMillis(yield* pace.estimate(30)), 120_000)
      const bucket = yield* Pacing.fixed({ requests: 10, per: "1 minute", burst: 10 }).make
      assert.strictEqual(Duration.toMillis(yield* bucket.estimate(30)), 120_000)
      assert.strictEqual(Duration.toMillis(yield* bucket.estimate(0)), 0)
    })
  )

  it.effect("a wrong rate is not hammered", () =>
    Effect.gen(function* () {
      const pace = yield* Pacing.fixed({ requests: 60, per: "1 minute" }).make
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

  it("says what is wrong with its options", () => {
    const problems = [
      { requests: 0, per: "1 minute" },
      { requests: -1, per: "1 minute" },
      { requests: Number.NaN, per: "1 minute" },
      { requests: Number.POSITIVE_INFINITY, per: "1 minute" },
      { requests: 10, per: 0 },
      { requests: 10, per: Duration.infinity },
      { requests: 10, per: "1 minute", burst: 0 },
      { requests: 10, per: "1 minute", burst: Number.NaN }
    ] as const
    for (const options of problems) assert.isString(Pacing.fixed(options).problem)
    assert.isUndefined(Pacing.fixed({ requests: 10, per: "1 minute", burst: 1 }).problem)
    assert.isUndefined(Pacing.fixed({ requests: 2.5, per: 1 }).problem)
    assert.isUndefined(Pacing.adaptive.problem)
  })
})

describe("waiting", () => {
  it.effect("first come, first served", () =>
    Effect.gen(function* () {
      const pace = yield* Pacing.fixed({ requests: 1, per: "1 second" }).make
      yield* use(pace, accepted)
      const order = yield* Ref.make<ReadonlyArray<number>>([])
      const fibers = yield* Effect.forEach([0, 1, 2, 3, 4], (i) =>
        pace.take.pipe(
          Effect.zipRight(Ref.update(order, (all) => [...all, i])),
          Effect.zipRight(pace.report(accepted)),
          Effect.fork,
          Effect.zipLeft(Effect.yieldNow())
        )
      )
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.joinAll(fibers)
      assert.deepStrictEqual(yield* Ref.get(order), [0, 1, 2, 3, 4])
      assert.strictEqual(yield* Clock.currentTimeMillis, 5000)
    })
  )

  it.effect("who is interrupted costs the others nothing", () =>
    Effect.gen(function* () {
      const pace = yield* Pacing.fixed({ requests: 1, per: "1 second" }).make
      yield* use(pace, accepted)
      const gone = yield* Effect.forEach([1, 2, 3], () => Effect.fork(pace.take))
      const stays = yield* Effect.fork(pace.take)
      yield* TestClock.adjust("500 millis")
      for (const fiber of gone) assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
      yield* TestClock.adjust("500 millis")
      assert.strictEqual(Duration.toMillis(yield* Fiber.join(stays)), 1000)
    })
  )

  it.effect("a turn that never reports is given up", () =>
    Effect.gen(function* () {
      const pace = yield* Pacing.adaptive.make
      yield* takeNow(pace)
      const fiber = yield* Effect.fork(pace.take)
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual((yield* fiber.poll)._tag, "None")
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
    })
  )

  it.effect("a lost reply frees its place", () =>
    Effect.gen(function* () {
      const pace = yield* Pacing.adaptive.make
      yield* takeNow(pace)
      const fiber = yield* Effect.fork(pace.take)
      yield* Effect.yieldNow()
      yield* pace.report({ status: "unknown" })
      assert.isTrue(Duration.isZero(yield* Fiber.join(fiber)))
    })
  )
})

describe("adaptive", () => {
  it.effect("one request after the other is never slowed without a refusal", () =>
    Effect.gen(function* () {
      const pace = yield* Pacing.adaptive.make
      for (let i = 0; i < 1000; i++) yield* use(pace, accepted)
      assert.strictEqual(yield* Clock.currentTimeMillis, 0)
    })
  )

  it.effect("a first wave goes one by one", () =>
    Effect.gen(function* () {
      const pace = yield* Pacing.adaptive.make
      const sent = yield* Ref.make(0)
      const request = Effect.gen(function* () {
        yield* pace.take
        yield* Ref.update(sent, (n) => n + 1)
        yield* Effect.sleep("100 millis")
        yield* pace.report(accepted)
      })
      const wave = yield* Effect.fork(Effect.all(Effect.replicate(request, 64), { concurrency: "unbounded" }))
      yield* TestClock.adjust("50 millis")
      assert.strictEqual(yield* Ref.get(sent), 1)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Ref.get(sent), 11)
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(wave)
    })
  )

  it.effect("one refusal does not become fifty", () =>
    Effect.gen(function* () {
      const pace = yield* Pacing.adaptive.make
      for (let i = 0; i < 10; i++) yield* use(pace, accepted)
      yield* use(pace, limited)
      const sent = yield* Ref.make(0)
      const fibers = yield* Effect.forEach(Array.from({ length: 50 }), () =>
        Effect.fork(
          Effect.zipRight(
            pace.take,
            Ref.update(sent, (n) => n + 1)
          )
        )
      )
      yield* TestClock.adjust("5900 millis")
      assert.strictEqual(yield* Ref.get(sent), 0)
      // the next goes alone, and the others wait for what becomes of it
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* Ref.get(sent), 1)
      yield* pace.report(limited)
      yield* TestClock.adjust("11 seconds")
      assert.strictEqual(yield* Ref.get(sent), 1)
      yield* Fiber.interruptAll(fibers)
    })
  )

  it.effect("Retry-After holds all back, and is not shortened by a shorter one", () =>
    Effect.gen(function* () {
      const pace = yield* Pacing.adaptive.make
      for (let i = 0; i < 40; i++) yield* use(pace, accepted)
      yield* takeNow(pace)
      yield* takeNow(pace)
      yield* pace.report({ ...limited, retryAfter: Duration.seconds(61) })
      yield* pace.report({ ...limited, retryAfter: Duration.seconds(2) })
      const fibers = yield* Effect.forEach(Array.from({ length: 8 }), () => Effect.fork(pace.take))
      yield* TestClock.adjust("60999 millis")
      for (const fiber of fibers) assert.strictEqual((yield* fiber.poll)._tag, "None")
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(
        (yield* Effect.filter(fibers, (fiber) => Effect.map(fiber.poll, (_) => _._tag === "Some"))).length,
        1
      )
      yield* Fiber.interruptAll(fibers)
    })
  )

  it.effect("x-ratelimit headers hold back before a refusal", () =>
    Effect.gen(function* () {
      const pace = yield* Pacing.adaptive.make
      for (let left = 9; left >= 0; left--) {
        const reset = Duration.seconds((10 - left) * 6)
        yield* use(pace, { ...accepted, limit: 10, remaining: left, reset })
      }
      const fiber = yield* Effect.fork(pace.take)
      yield* TestClock.adjust("5999 millis")
      assert.strictEqual((yield* fiber.poll)._tag, "None")
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(fiber)
    })
  )

  it.effect("before anything is known, estimates ten at once and ten a minute", () =>
    Effect.gen(function* () {
      const pace = yield* Pacing.adaptive.make
      assert.strictEqual(Duration.toMillis(yield* pace.estimate(10)), 0)
      assert.strictEqual(Duration.toMillis(yield* pace.estimate(70)), 360_000)
      assert.strictEqual(Duration.toMillis(yield* pace.estimate(0)), 0)
    })
  )

  it.effect("having learned, estimates what it takes", () =>
    Effect.gen(function* () {
      const pace = yield* Pacing.adaptive.make
      for (let i = 0; i < 7; i++) yield* use(pace, accepted)
      yield* use(pace, limited)
      const estimate = Duration.toMillis(yield* pace.estimate(70))
      assert.isTrue(Math.abs(estimate - 600_000) < 60_000)
    })
  )

  it.effect("paces are independent of each other", () =>
    Effect.gen(function* () {
      const one = yield* Pacing.adaptive.make
      const other = yield* Pacing.adaptive.make
      yield* use(one, { ...limited, retryAfter: Duration.hours(1) })
      assert.isTrue(yield* waits(one))
      assert.isFalse(yield* waits(other))
    })
  )
})
