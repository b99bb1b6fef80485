import { CheckpointPermissions, type Pacing } from "@checkpoint-permissions/client"
import { FakePermissions } from "@checkpoint-permissions/testing"
import * as RateLimiter from "@effect/experimental/RateLimiter"
import { assert, describe } from "@effect/vitest"
import { Clock, Duration, Effect, Exit, Fiber, Layer, Redacted, Ref, TestClock } from "effect"
import { scopedWith } from "../../core/test/effects.ts"
import * as SharedPacing from "../src/SharedPacing.ts"
import { accepted, makeLimiter, patient, through, urgent, use } from "./support/limiters.ts"
import { drive } from "./support/time.ts"

const memory = RateLimiter.layer.pipe(Layer.provide(RateLimiter.layerStoreMemory))

type Body = Parameters<typeof scopedWith<RateLimiter.RateLimiter, never>>[2]

const test = (what: string, body: Body) => scopedWith(what, memory, body)

const rate = { requests: 10, per: "1 minute" } as const

/** Acquires permits one after the other. Succeeds with the time of each. */
const permits = (limiter: Pacing.OperationLimiter, times: number) =>
  Effect.forEach(Array.from({ length: times }), () => through(limiter, Clock.currentTimeMillis))

const count = (all: ReadonlyArray<number>, from: number, until: number) =>
  all.filter((at) => at >= from && at < until).length

describe("shared", () => {
  test("two machines together keep the rate", function* () {
    const limiter = yield* RateLimiter.RateLimiter
    const one = yield* makeLimiter(SharedPacing.shared(limiter, rate))
    const two = yield* makeLimiter(SharedPacing.shared(limiter, rate))
    const fiber = yield* Effect.fork(Effect.all([permits(one, 20), permits(two, 20)], { concurrency: 2 }))
    yield* TestClock.adjust("10 minutes")
    const all = (yield* Fiber.join(fiber)).flat()
    assert.strictEqual(count(all, 0, 1), 10)
    for (let from = 0; from < 300_000; from += 1000) assert.isAtMost(count(all, from, from + 60_000), 10)
    assert.isAtMost(Math.max(...all), 181_000)
  })

  test("with a burst, further permits follow one by one", function* () {
    const limiter = yield* RateLimiter.RateLimiter
    const own = yield* makeLimiter(SharedPacing.shared(limiter, { ...rate, burst: 2 }))
    const fiber = yield* Effect.fork(permits(own, 5))
    yield* TestClock.adjust("1 minute")
    assert.deepStrictEqual(yield* Fiber.join(fiber), [0, 0, 6000, 12_000, 18_000])
    assert.throws(() => SharedPacing.shared(limiter, { requests: 0, per: "1 minute" }), RangeError, "requests is 0")
  })

  scopedWith("no call waits for an observer of waits", Layer.merge(memory, FakePermissions.layer()), function* () {
    const limiter = yield* RateLimiter.RateLimiter
    const { list } = yield* CheckpointPermissions.make({
      adminKey: Redacted.make("sk-admin-test"),
      pacing: SharedPacing.shared(limiter, { requests: 1, per: "1 minute", burst: 1 })
    })
    const at = (call: Effect.Effect<unknown, unknown>) => Effect.zipRight(call, Clock.currentTimeMillis)
    const one = list("ft:a")
    const observed = CheckpointPermissions.withOptions(one, { onWait: () => Effect.sleep("10 minutes") })
    const times = yield* drive(Effect.all([at(one), at(observed), at(one)], { concurrency: 3 }))
    assert.deepStrictEqual(times, [0, 60_000, 120_000])
  })

  test("operations and keys are counted separately", function* () {
    const limiter = yield* RateLimiter.RateLimiter
    const pacing = SharedPacing.shared(limiter, { requests: 1, per: "1 minute" })
    const other = SharedPacing.shared(limiter, { requests: 1, per: "1 minute", key: "other" })
    for (const make of [makeLimiter(pacing, "list"), makeLimiter(pacing, "delete"), makeLimiter(other, "list")]) {
      assert.deepStrictEqual(yield* permits(yield* make, 1), [0])
    }
    const again = yield* Effect.fork(permits(yield* makeLimiter(pacing, "list"), 1))
    yield* TestClock.adjust("1 minute")
    assert.deepStrictEqual(yield* Fiber.join(again), [60_000])
  })

  test("a call that is interrupted while it waits has taken nothing, and the next continues", function* () {
    const limiter = yield* RateLimiter.RateLimiter
    const own = yield* makeLimiter(SharedPacing.shared(limiter, { requests: 1, per: "1 minute", burst: 1 }))
    yield* permits(own, 1)
    const gone = yield* Effect.fork(through(own, Effect.void))
    yield* Effect.yieldNow()
    const stays = yield* Effect.fork(permits(own, 1))
    yield* TestClock.adjust("30 seconds")
    assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(gone)))
    yield* TestClock.adjust("30 seconds")
    assert.deepStrictEqual(yield* Fiber.join(stays), [60_000])
  })

  test("Retry-After pauses this machine", function* () {
    const limiter = yield* RateLimiter.RateLimiter
    const own = yield* makeLimiter(SharedPacing.shared(limiter, rate))
    yield* use(own, { status: "limited", retryAfter: 61_000 })
    const fiber = yield* Effect.fork(permits(own, 1))
    yield* TestClock.adjust("61 seconds")
    assert.deepStrictEqual(yield* Fiber.join(fiber), [61_000])
  })

  const asks = (consume: RateLimiter.RateLimiter["consume"]): RateLimiter.RateLimiter => ({
    [RateLimiter.TypeId]: RateLimiter.TypeId,
    consume
  })

  test("one call asks at a time, so that they go in their order", function* () {
    let asking = 0
    const one = asks(() =>
      Effect.gen(function* () {
        assert.strictEqual(++asking, 1)
        yield* Effect.sleep("1 second")
        asking -= 1
        return { delay: Duration.zero, limit: 10, remaining: 9, resetAfter: Duration.zero }
      })
    )
    const own = yield* makeLimiter(SharedPacing.shared(one, rate))
    const fibers = yield* Effect.replicateEffect(Effect.fork(through(own, Clock.currentTimeMillis)), 3)
    yield* TestClock.adjust("3 seconds")
    assert.deepStrictEqual(yield* Effect.forEach(fibers, Fiber.join), [1000, 2000, 3000])
  })

  test("the next call asks when a request begins, not when it ends", function* () {
    const limiter = yield* RateLimiter.RateLimiter
    const own = yield* makeLimiter(SharedPacing.shared(limiter, rate))
    const open = yield* Effect.makeLatch()
    const slow = yield* Effect.fork(through(own, open.await))
    yield* Effect.yieldNow()
    yield* through(own, Effect.void)
    yield* open.open
    yield* Fiber.join(slow)
  })

  test("a store that fails is replaced by a rate of one's own, and asked again", function* () {
    const asked = yield* Ref.make(0)
    const broken = asks(() =>
      Effect.zipRight(
        Ref.update(asked, (n) => n + 1),
        Effect.fail(new RateLimiter.RateLimitStoreError({ message: "connection refused" }))
      )
    )
    const own = yield* makeLimiter(SharedPacing.shared(broken, { requests: 2, per: "1 minute" }))
    const fiber = yield* Effect.fork(permits(own, 4))
    yield* TestClock.adjust("1 minute")
    assert.deepStrictEqual(yield* Fiber.join(fiber), [0, 0, 60_000, 60_000])
    assert.strictEqual(yield* Ref.get(asked), 4)
  })

  test("where it is to wait, nothing is sent while the store fails or does not answer", function* () {
    const state: { consume: RateLimiter.RateLimiter["consume"] } = {
      consume: () => Effect.fail(new RateLimiter.RateLimitStoreError({ message: "connection refused" }))
    }
    const limiter = asks((options) => Effect.suspend(() => state.consume(options)))
    const own = yield* makeLimiter(
      SharedPacing.shared(limiter, { requests: 10, per: "1 minute", onStoreFailure: "wait" })
    )
    const fiber = yield* Effect.fork(permits(own, 2))
    yield* TestClock.adjust("10 minutes")
    state.consume = () => Effect.never
    yield* TestClock.adjust("10 minutes")
    assert.strictEqual((yield* fiber.poll)._tag, "None")
    state.consume = () =>
      Effect.succeed({ delay: Duration.zero, limit: 10, remaining: 9, resetAfter: Duration.seconds(6) })
    // the store is given 5 seconds, and asked again when the next turn would be due
    yield* TestClock.adjust("11 seconds")
    for (const at of yield* Fiber.join(fiber)) assert.isAtLeast(at, 1_200_000)
  })

  test("a store that does not answer is not waited for", function* () {
    const never = asks(() => Effect.never)
    const own = yield* makeLimiter(SharedPacing.shared(never, rate))
    const fiber = yield* Effect.fork(permits(own, 1))
    yield* TestClock.adjust("5 seconds")
    assert.deepStrictEqual(yield* Fiber.join(fiber), [5000])
  })

  test("a wait for the limiter is reported", function* () {
    const limiter = yield* RateLimiter.RateLimiter
    const own = yield* makeLimiter(SharedPacing.shared(limiter, { requests: 1, per: "1 minute" }))
    yield* use(own, accepted)
    const seen: Array<unknown> = []
    const onWait = (wait: Pacing.LimiterWait) => Effect.sync(() => seen.push(wait))
    const fiber = yield* Effect.fork(through(own, Effect.void, { ...patient, onWait }))
    yield* TestClock.adjust("1 minute")
    yield* Fiber.join(fiber)
    assert.deepStrictEqual(seen, [{ reason: "rate", delay: Duration.minutes(1), waiting: 1 }])
  })

  test("a call that would wait longer than it may fails immediately", function* () {
    const limiter = yield* RateLimiter.RateLimiter
    const own = yield* makeLimiter(SharedPacing.shared(limiter, { requests: 1, per: "1 minute" }))
    yield* use(own, accepted)
    const hasty = { ...patient, maxWait: Duration.seconds(59) }
    const refused = yield* Effect.flip(own.withPermit(() => Effect.die("sent"), hasty))
    assert.deepInclude(refused, { _tag: "PausedTooLong", retryAfter: Duration.minutes(1) })
  })

  test("an urgent call does not use the limiter", function* () {
    const own = yield* makeLimiter(
      SharedPacing.shared(
        asks(() => Effect.die("asked")),
        rate
      )
    )
    yield* through(own, Effect.void, urgent)
  })
})
