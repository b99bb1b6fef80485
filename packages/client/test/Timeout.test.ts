import { CheckpointPermissions, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import { VirtualClock } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Exit, Fiber, FastCheck as fc, Layer, Redacted, TestClock } from "effect"
import { checkpoint, key, permissions } from "./support/setup.ts"
import { settle } from "./support/time.ts"
import { pageOf, wire } from "./support/wire.ts"

const timeout = Duration.seconds(3)

const onWire = (answer: Parameters<typeof wire>[0]) => {
  const options = { adminKey: Redacted.make(key), pacing: Pacing.none, retry: RetryPolicy.none, timeout }
  return { layer: CheckpointPermissions.layer(options).pipe(Layer.provide(wire(answer).layer)) }
}

/** A server that takes as many milliseconds for a request as its `limit` says. */
const slow = () =>
  onWire(({ url }) => Effect.as(Effect.sleep(Number(url.searchParams.get("limit"))), { body: pageOf([]) }))

/** A clock that stands still, and how many sleep on it. */
const stopped = () => {
  let sleeping = 0
  const clock: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: () => 0,
    unsafeCurrentTimeNanos: () => 0n,
    currentTimeMillis: Effect.succeed(0),
    currentTimeNanos: Effect.succeed(0n),
    sleep: () =>
      Effect.async(() => {
        sleeping += 1
        return Effect.sync(() => {
          sleeping -= 1
        })
      })
  }
  return { clock, sleeping: () => sleeping }
}

/** How a listing ended that takes so long, and when. */
const listing = (millis: number) =>
  Effect.gen(function* () {
    const exit = yield* Effect.exit((yield* permissions).list(checkpoint, { limit: millis }))
    return [Exit.isSuccess(exit) ? "replied" : "RequestTimeoutError", yield* Clock.currentTimeMillis] as const
  })

describe("the time of an attempt", () => {
  it.effect("is its own, however many are under way and whenever they began", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.record({
              begin: fc.integer({ min: 0, max: 20_000 }),
              takes: fc.integer({ min: 1, max: 9000 }).filter((millis) => millis !== 3000)
            }),
            { minLength: 1, maxLength: 30 }
          ),
          (requests) => {
            const { layer } = slow()
            return Effect.forEach(
              requests,
              ({ begin, takes }) =>
                Effect.map(Effect.delay(listing(takes), begin), (ended) =>
                  assert.deepStrictEqual(
                    ended,
                    takes < 3000 ? ["replied", begin + takes] : ["RequestTimeoutError", begin + 3000],
                    `begun at ${begin}, takes ${takes}`
                  )
                ),
              { concurrency: "unbounded", discard: true }
            ).pipe(Effect.provide(layer), VirtualClock.run, Effect.runPromise)
          }
        ),
        { numRuns: 200 }
      )
    )
  )

  it.effect("passes for a caller, too, that cannot be interrupted", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(Effect.uninterruptible(listing(60_000)))
      yield* TestClock.adjust(timeout)
      assert.deepStrictEqual(yield* Fiber.join(fiber), ["RequestTimeoutError", 3000])
    }).pipe(Effect.provide(slow().layer))
  )

  it.effect("keeps no timer once nothing is under way, and begins again with the next request", () => {
    const { clock, sleeping } = stopped()
    return Effect.gen(function* () {
      const answer = yield* Effect.makeLatch()
      const { layer } = onWire(() => Effect.as(answer.await, { body: pageOf([]) }))
      yield* Effect.gen(function* () {
        const { list } = yield* permissions
        for (let round = 0; round < 3; round++) {
          const fibers = yield* Effect.forEach([1, 2, 3], () => Effect.fork(list(checkpoint)))
          yield* settle
          assert.strictEqual(sleeping(), 3)
          yield* answer.open
          yield* Fiber.joinAll(fibers)
          yield* settle
          assert.strictEqual(sleeping(), 0)
          yield* answer.close
        }
      }).pipe(Effect.provide(layer))
    }).pipe(Effect.withClock(clock))
  })
})
