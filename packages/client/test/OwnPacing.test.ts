/** Rate limiters that a user implements: how the client uses them, and that it loses no permit. */
import { CheckpointPermissions, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import { FakePermissions, VirtualClock } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Redacted, Schedule } from "effect"
import { decorated, sleeping } from "./support/limiters.ts"
import { checkpoint, onFake, server } from "./support/setup.ts"
import { drive, timed } from "./support/time.ts"
import { onWire, pageOf } from "./support/wire.ts"

const list = CheckpointPermissions.list(checkpoint)
const requests = Effect.map(
  Effect.flatMap(server, (fake) => fake.requests),
  (all) => all.length
)

/** Pauses for so long, and keeps what it is asked with. */
const paused = (retryAfter: Duration.DurationInput) => {
  const asked: Array<Pacing.AcquireOptions> = []
  const pacing: Pacing.Pacing = {
    make: () => ({
      acquire: (options) =>
        Effect.sync(() => {
          asked.push(options)
          return { _tag: "PausedTooLong", retryAfter: Duration.decode(retryAfter) }
        })
    })
  }
  return { asked, pacing }
}

describe("a limiter of a user", () => {
  it.effect("is made once for each operation of each service", () =>
    Effect.gen(function* () {
      const made: Array<string> = []
      const pacing: Pacing.Pacing = {
        make: (operation) => {
          made.push(operation)
          return Pacing.none.make(operation)
        }
      }
      const service = CheckpointPermissions.make({ adminKey: Redacted.make("sk-admin-any"), pacing })
      const { delete: remove, list } = yield* service
      assert.sameMembers(made, ["list", "create", "delete"])
      yield* Effect.zipRight(list(checkpoint), Effect.ignore(remove(checkpoint, "cp_1")))
      assert.lengthOf(made, 3)
      yield* service
      assert.lengthOf(made, 6)
    }).pipe(Effect.provide(FakePermissions.layer()))
  )

  it.effect("learns from the headers of replies", () => {
    const outcomes: Array<unknown> = []
    const headers = {
      "x-ratelimit-limit-requests": "10",
      "x-ratelimit-remaining-requests": "7",
      "x-ratelimit-reset-requests": "18s"
    }
    const { layer } = onWire(
      ({ n }) => (n === 0 ? { status: 429, headers: { "retry-after": "3" } } : { body: pageOf([]), headers }),
      {
        pacing: sleeping(0, { onRelease: (outcome) => Effect.sync(() => outcomes.push(outcome)) }),
        retry: RetryPolicy.make({ schedule: Schedule.recurs(1) })
      }
    )
    return Effect.gen(function* () {
      yield* drive(list)
      assert.containSubset(outcomes, [
        { _tag: "limited", retryAfter: Duration.seconds(3) },
        { _tag: "accepted", limit: 10, remaining: 7, reset: Duration.seconds(18) }
      ])
    }).pipe(Effect.provide(layer))
  })

  it.effect("that is paused for too long makes the call fail immediately, without a request", () => {
    const { asked, pacing } = paused("1 hour")
    return Effect.gen(function* () {
      const [error, took] = yield* timed(Effect.flip(list))
      assert.deepInclude(error, { _tag: "RateLimitError", attempts: 0, retryAfter: Duration.hours(1) })
      assert.strictEqual(took, 0)
      yield* Effect.flip(CheckpointPermissions.withOptions(list, { maxWait: "1 minute", urgent: true }))
      assert.deepStrictEqual(
        asked.map(({ maxWait, urgent }) => [Duration.toMillis(maxWait), urgent]),
        [
          [300_000, false],
          [60_000, true]
        ]
      )
      assert.strictEqual(yield* requests, 0)
    }).pipe(
      Effect.provide(onFake({ pacing, retry: RetryPolicy.make({ schedule: Schedule.forever, cap: "5 minutes" }) }))
    )
  })
})

const rate = Pacing.fixed({ requests: 30, per: "1 second" })

describe.each([
  ["of this library", rate],
  ["that a user decorates", decorated(rate)]
] as const)("a limiter %s", (_, pacing) => {
  it.each([
    ["a plain region", (self: typeof list) => self],
    ["finishInFlight", (self: typeof list) => CheckpointPermissions.finishInFlight(self)]
  ] as const)("loses no permit to an interruption at any step, in %s", (_, inRegion) =>
    Effect.forEach(
      [11, 12, 15, 18, 23, 30],
      (operations) =>
        Effect.gen(function* () {
          for (let count = 0; count < 29; count++) {
            const fiber = yield* Effect.fork(Effect.withMaxOpsBeforeYield(inRegion(list), operations))
            yield* Effect.repeatN(Effect.yieldNow(), count)
            yield* Fiber.interruptFork(fiber)
            yield* Effect.sleep("50 millis")
          }
          yield* Effect.sleep("1 second")
          // a permit that is lost is free again after a minute
          const [, took] = yield* timed(Effect.replicateEffect(list, 30, { concurrency: "unbounded", discard: true }))
          assert.strictEqual(took, 0, `yielding every ${operations} steps`)
        }),
      { discard: true }
    ).pipe(Effect.provide(onFake({ pacing })), VirtualClock.run, Effect.runPromise)
  )
})
