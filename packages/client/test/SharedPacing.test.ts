import * as RateLimiter from "@effect/experimental/RateLimiter"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Exit, Fiber, Layer, Ref, TestClock } from "effect"
import type * as Pacing from "../src/Pacing.ts"
import * as SharedPacing from "../src/SharedPacing.ts"

const memory = RateLimiter.layer.pipe(Layer.provide(RateLimiter.layerStoreMemory))

const rate = { requests: 10, per: "1 minute" } as const

/** Takes turns one after the other; answers when each was had. */
const turns = (pace: Pacing.Pace, times: number) =>
  Effect.forEach(Array.from({ length: times }), () =>
    pace.take.pipe(Effect.zipRight(Clock.currentTimeMillis), Effect.zipLeft(pace.report({ status: "accepted" })))
  )

const count = (all: ReadonlyArray<number>, from: number, until: number) =>
  all.filter((at) => at >= from && at < until).length

describe("shared", () => {
  it.effect("two machines together keep the rate", () =>
    Effect.gen(function* () {
      const limiter = yield* RateLimiter.RateLimiter
      const one = yield* SharedPacing.shared(limiter, rate).make
      const two = yield* SharedPacing.shared(limiter, rate).make
      const fiber = yield* Effect.fork(Effect.all([turns(one, 20), turns(two, 20)], { concurrency: 2 }))
      yield* TestClock.adjust("10 minutes")
      const all = (yield* Fiber.join(fiber)).flat()
      assert.strictEqual(count(all, 0, 1), 10)
      for (let from = 0; from < 300_000; from += 1000) assert.isAtMost(count(all, from, from + 60_000), 10)
      assert.isAtMost(Math.max(...all), 181_000)
    }).pipe(Effect.provide(memory))
  )

  it.effect("with a burst, one by one after it", () =>
    Effect.gen(function* () {
      const limiter = yield* RateLimiter.RateLimiter
      const pace = yield* SharedPacing.shared(limiter, { ...rate, burst: 2 }).make
      const fiber = yield* Effect.fork(turns(pace, 5))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Fiber.join(fiber), [0, 0, 6000, 12_000, 18_000])
    }).pipe(Effect.provide(memory))
  )

  it.effect("operations and keys count apart", () =>
    Effect.gen(function* () {
      const limiter = yield* RateLimiter.RateLimiter
      const pacing = SharedPacing.shared(limiter, { requests: 1, per: "1 minute" })
      const other = SharedPacing.shared(limiter, { requests: 1, per: "1 minute", key: "other" })
      const makeFor = pacing.makeFor ?? (() => pacing.make)
      for (const make of [makeFor("list"), makeFor("delete"), pacing.make, other.make]) {
        assert.deepStrictEqual(yield* turns(yield* make, 1), [0])
      }
      const again = yield* Effect.fork(turns(yield* makeFor("list"), 1))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Fiber.join(again), [60_000])
    }).pipe(Effect.provide(memory))
  )

  it.effect("who is interrupted while waiting has taken nothing, and the next goes on", () =>
    Effect.gen(function* () {
      const limiter = yield* RateLimiter.RateLimiter
      const pace = yield* SharedPacing.shared(limiter, { requests: 1, per: "1 minute", burst: 1 }).make
      yield* turns(pace, 1)
      const gone = yield* Effect.fork(pace.take)
      yield* Effect.yieldNow()
      const stays = yield* Effect.fork(turns(pace, 1))
      yield* TestClock.adjust("30 seconds")
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(gone)))
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(yield* Fiber.join(stays), [60_000])
    }).pipe(Effect.provide(memory))
  )

  it.effect("Retry-After holds this machine back", () =>
    Effect.gen(function* () {
      const limiter = yield* RateLimiter.RateLimiter
      const pace = yield* SharedPacing.shared(limiter, rate).make
      yield* pace.take
      yield* pace.report({ status: "limited", retryAfter: Duration.seconds(61) })
      const fiber = yield* Effect.fork(turns(pace, 1))
      yield* TestClock.adjust("61 seconds")
      assert.deepStrictEqual(yield* Fiber.join(fiber), [61_000])
    }).pipe(Effect.provide(memory))
  )

  const asks = (consume: RateLimiter.RateLimiter["consume"]): RateLimiter.RateLimiter => ({
    [RateLimiter.TypeId]: RateLimiter.TypeId,
    consume
  })

  it.effect("a store that fails is replaced by a rate of one's own, and asked again", () =>
    Effect.gen(function* () {
      const asked = yield* Ref.make(0)
      const broken = asks(() =>
        Effect.zipRight(
          Ref.update(asked, (n) => n + 1),
          Effect.fail(new RateLimiter.RateLimitStoreError({ message: "connection refused" }))
        )
      )
      const pace = yield* SharedPacing.shared(broken, { requests: 2, per: "1 minute" }).make
      const fiber = yield* Effect.fork(turns(pace, 4))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Fiber.join(fiber), [0, 0, 60_000, 60_000])
      assert.strictEqual(yield* Ref.get(asked), 4)
    })
  )

  it.effect("a store that does not answer is not waited for", () =>
    Effect.gen(function* () {
      const pace = yield* SharedPacing.shared(
        asks(() => Effect.never),
        rate
      ).make
      const fiber = yield* Effect.fork(turns(pace, 1))
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* Fiber.join(fiber), [5000])
    })
  )

  it.effect("says what is wrong with its options", () =>
    Effect.gen(function* () {
      const limiter = yield* RateLimiter.RateLimiter
      assert.isString(SharedPacing.shared(limiter, { requests: 0, per: "1 minute" }).problem)
      assert.isUndefined(SharedPacing.shared(limiter, rate).problem)
    }).pipe(Effect.provide(memory))
  )
})
