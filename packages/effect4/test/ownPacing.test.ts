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
import { decorated } from "./support/contract.ts"
import { checkpoint, onFake, projects } from "./support/setup.ts"

const list = CheckpointPermissions.list(checkpoint)
const one = { seed: { [checkpoint]: projects(1) } }

type Services = CheckpointPermissions.CheckpointPermissions | FakePermissions.FakePermissions

const run = <A, E>(
  self: Effect.Effect<A, E, Services>,
  options: Partial<CheckpointPermissions.Options>,
  fake: FakePermissions.Options = one
) => self.pipe(Effect.provide(onFake(fake, options)), VirtualClock.run, Effect.runPromise)

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

  test("receives the outcome of each reply, and none of a request without one", () => {
    const outcomes: Array<Pacing.PermitOutcome | undefined> = []
    const release: Pacing.Permit["release"] = (outcome) => Effect.sync(() => void outcomes.push(outcome))
    const pacing: Pacing.Pacing = {
      make: () => ({ acquire: () => Effect.succeed({ waited: Duration.zero, paused: Duration.zero, release }) })
    }
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
      { pacing, retry: RetryPolicy.make({ schedule: Schedule.recurs(2) }) },
      { ...one, faults: Faults.scripted([fault, Faults.dropBefore("ECONNRESET")]) }
    )
  })

  test("receives the options of the call, and the rest of the cap", () => {
    const asked: Array<Pacing.AcquireOptions> = []
    const pacing: Pacing.Pacing = {
      make: (operation) => ({
        acquire: (options) =>
          Effect.suspend(() => {
            asked.push(options)
            return Pacing.none.make(operation).acquire(options)
          })
      })
    }
    return run(
      Effect.map(
        Effect.andThen(list, CheckpointPermissions.withOptions(list, { maxWait: "1 minute", urgent: true })),
        () =>
          assert.deepStrictEqual(
            asked.map(({ maxWait, urgent }) => [Duration.toMillis(maxWait), urgent]),
            [
              [300_000, false],
              [60_000, true]
            ]
          )
      ),
      { pacing, retry: RetryPolicy.make({ schedule: Schedule.recurs(1), cap: "5 minutes" }) }
    )
  })

  test("is refused where it has no make", async () => {
    const options = { adminKey: Redacted.make("sk-admin-any"), pacing: JSON.parse("{}") }
    const program = Effect.flip(CheckpointPermissions.make(options))
    const { field, reason } = await Effect.runPromise(Effect.provide(program, FakePermissions.layer()))
    assert.strictEqual(field, "pacing")
    assert.include(reason, "an object with make(operation)")
  })
})

const fixed = Pacing.fixed({ requests: 1, per: "1 second" })

test.each([
  ["of this library", fixed],
  ["that a user decorates", decorated(fixed)]
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
