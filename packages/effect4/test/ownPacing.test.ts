/** Rate limiters that a user implements: how the client uses them, and that no permit is lost. */
import {
  CheckpointPermissions,
  FakePermissions,
  Faults,
  Pacing,
  RetryPolicy,
  VirtualClock
} from "@checkpoint-permissions/effect4"
import { Clock, Duration, Effect, Fiber, Redacted, Schedule, Scheduler } from "effect"
import * as fc from "fast-check"
import { assert, describe, test } from "vitest"
import { checkpoint, onFake, projects } from "./support/setup.ts"

const list = CheckpointPermissions.list(checkpoint)
const one = { seed: { [checkpoint]: projects(1) } }

type Services = CheckpointPermissions.CheckpointPermissions | FakePermissions.FakePermissions

const run = <A, E>(
  self: Effect.Effect<A, E, Services>,
  options: Partial<CheckpointPermissions.Options>,
  fake: FakePermissions.Options = one
) => self.pipe(Effect.provide(onFake(fake, options)), VirtualClock.run, Effect.runPromise)

/** Waits so long before each permit, and notes the outcome of each release. */
const sleeping = (wait: Duration.Input, outcomes: Array<Pacing.PermitOutcome | undefined> = []): Pacing.Pacing => ({
  make: () => ({
    acquire: () =>
      Effect.as(Effect.sleep(wait), {
        waited: Duration.fromInputUnsafe(wait),
        paused: Duration.zero,
        release: (outcome) => Effect.sync(() => void outcomes.push(outcome))
      })
  })
})

describe("a limiter of a user", () => {
  test("is made once for each operation of each service", () => {
    const made: Array<string> = []
    const pacing: Pacing.Pacing = {
      make: (operation) => {
        made.push(operation)
        return Pacing.none.make(operation)
      }
    }
    const program = Effect.gen(function* () {
      const service = yield* CheckpointPermissions.make({ adminKey: Redacted.make("sk-admin-any"), pacing })
      assert.sameMembers(made, ["list", "create", "delete"])
      yield* Effect.andThen(service.list(checkpoint), Effect.ignore(service.delete(checkpoint, "cp_1")))
      assert.strictEqual(made.length, 3)
    })
    return Effect.runPromise(Effect.provide(program, FakePermissions.layer()))
  })

  test.each([
    ["a plain region", (self: typeof list) => self, 500],
    ["finishInFlight", (self: typeof list) => CheckpointPermissions.finishInFlight(self), 500],
    ["an uninterruptible region", (self: typeof list) => Effect.uninterruptible(self), 60_000]
  ] as const)("waits by a plain sleep, which an interruption ends as in %s", (_, inRegion, took) =>
    run(
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(inRegion(list))
        yield* Effect.sleep(500)
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(yield* Clock.currentTimeMillis, took)
        const fake = yield* FakePermissions.FakePermissions
        assert.strictEqual((yield* fake.requests).length, took > 500 ? 1 : 0)
      }),
      { pacing: sleeping("1 minute") }
    )
  )

  test("is told the outcome of each reply, and of a request without one", () => {
    const outcomes: Array<Pacing.PermitOutcome | undefined> = []
    const fault = Faults.rateLimited({
      "retry-after": "3",
      "x-ratelimit-limit-requests": "10",
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": "18s"
    })
    return run(
      Effect.map(list, () => {
        assert.deepInclude(outcomes[0], {
          _tag: "limited",
          retryAfter: Duration.seconds(3),
          limit: 10,
          remaining: 0,
          reset: Duration.seconds(18)
        })
        assert.deepStrictEqual(
          outcomes.map((outcome) => outcome?._tag),
          ["limited", undefined, "accepted"]
        )
      }),
      { pacing: sleeping(0, outcomes), retry: RetryPolicy.make({ schedule: Schedule.recurs(2) }) },
      { ...one, faults: Faults.scripted([fault, Faults.dropBefore("ECONNRESET")]) }
    )
  })

  test("that is paused for too long makes the call fail immediately, without a request", () => {
    const asked: Array<Pacing.AcquireOptions> = []
    const pacing: Pacing.Pacing = {
      make: () => ({
        acquire: (options) =>
          Effect.sync(() => {
            asked.push(options)
            return { _tag: "PausedTooLong", retryAfter: Duration.hours(1) }
          })
      })
    }
    return run(
      Effect.gen(function* () {
        const error = yield* Effect.flip(list)
        assert.deepInclude({ ...error }, { _tag: "RateLimitError", attempts: 0, retryAfter: Duration.hours(1) })
        yield* Effect.flip(CheckpointPermissions.withOptions(list, { maxWait: "1 minute", urgent: true }))
        assert.deepStrictEqual(
          asked.map(({ maxWait, urgent }) => [Duration.toMillis(maxWait), urgent]),
          [
            [300_000, false],
            [60_000, true]
          ]
        )
        const fake = yield* FakePermissions.FakePermissions
        assert.deepStrictEqual(yield* fake.requests, [])
        assert.strictEqual(yield* Clock.currentTimeMillis, 0)
      }),
      { pacing, retry: RetryPolicy.make({ schedule: Schedule.recurs(1), cap: "5 minutes" }) }
    )
  })

  test("without an estimate is taken for one of ten a minute", () =>
    run(
      Effect.map(CheckpointPermissions.estimate({ list: 20 }), (estimate) =>
        assert.deepInclude(estimate, { basis: "assumed", duration: Duration.minutes(1), refused: 0 })
      ),
      { pacing: sleeping(0) }
    ))

  test("is refused where it has no make", async () => {
    const options = { adminKey: Redacted.make("sk-admin-any"), pacing: JSON.parse("{}") }
    const program = Effect.flip(CheckpointPermissions.make(options))
    const { field, reason } = await Effect.runPromise(Effect.provide(program, FakePermissions.layer()))
    assert.strictEqual(field, "pacing")
    assert.include(reason, "an object with make(operation)")
  })
})

const fixed = Pacing.fixed({ requests: 1, per: "1 second" })
/** The same limiter behind an implementation of a user, which passes everything on. */
const decorated: Pacing.Pacing = {
  make: (operation) => {
    const { acquire } = fixed.make(operation)
    return { acquire: (options) => Effect.map(acquire(options), (got) => ("release" in got ? { ...got } : got)) }
  }
}

test.each([
  ["of this library", fixed],
  ["that a user decorates", decorated]
] as const)("an interruption at any step loses no permit of a limiter %s", (_, pacing) =>
  fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.integer({ min: 3, max: 47 }), fc.integer({ min: 2000, max: 2100 })),
      fc.boolean(),
      fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 6 }),
      (operations, isFinished, yields) => {
        const call = isFinished ? CheckpointPermissions.finishInFlight(list) : list
        return run(
          Effect.gen(function* () {
            for (const count of yields) {
              const fiber = yield* Effect.forkChild(call)
              for (let i = 0; i < count; i++) yield* Effect.yieldNow
              yield* Effect.forkChild(Fiber.interrupt(fiber))
            }
            yield* list
            // each call that was sent takes a second, and a permit that is lost is free again after a minute
            assert.isAtMost(yield* Clock.currentTimeMillis, 1000 * yields.length)
          }).pipe(Effect.provideService(Scheduler.MaxOpsBeforeYield, operations)),
          { pacing }
        )
      }
    ),
    { numRuns: 300 }
  )
)
