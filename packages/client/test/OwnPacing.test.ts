/** Rate limiters that a user implements: how the client uses them, and that it loses no permit. */
import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { FakePermissions, VirtualClock } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Duration, Effect, Exit, Fiber, Option, Redacted } from "effect"
import { decorated } from "./support/limiters.ts"
import { checkpoint, onFake, server } from "./support/setup.ts"
import { timed } from "./support/time.ts"

const list = CheckpointPermissions.list(checkpoint)

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

  it.effect("that runs a request twice dies before the second is sent", () => {
    const pacing: Pacing.Pacing = {
      make: () => ({ withPermit: (request) => Effect.zipRight(request(), request()) })
    }
    return Effect.gen(function* () {
      const exit = yield* Effect.exit(list)
      assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
      assert.lengthOf(yield* (yield* server).requests, 1)
    }).pipe(Effect.provide(onFake({ pacing })))
  })

  it.effect("is not asked for an outcome before its request", () => {
    const outcomes: Array<Pacing.PermitOutcome | undefined> = []
    const pacing: Pacing.Pacing = {
      make: () => ({
        withPermit: (request, { outcome }) => {
          const note = Effect.sync(() => void outcomes.push(outcome()))
          return Effect.zipRight(note, Effect.ensuring(request(), note))
        }
      })
    }
    return Effect.gen(function* () {
      yield* Effect.zipRight(list, list)
      assert.deepStrictEqual(
        outcomes.map((outcome) => outcome?.status),
        [undefined, "accepted", undefined, "accepted"]
      )
    }).pipe(Effect.provide(onFake({ pacing })))
  })
})

/**
 * Interrupts calls after different numbers of turns, each in a fiber that yields every few operations. Returns the number
 * of calls that do not end: Effect 3 waits forever if it is interrupted between the two steps that start a race.
 */
const interrupted = (self: typeof list, operations: number) =>
  Effect.gen(function* () {
    const fibers: Array<Fiber.RuntimeFiber<unknown, unknown>> = []
    for (let count = 0; count < 30; count++) {
      const fiber = yield* Effect.fork(Effect.withMaxOpsBeforeYield(self, operations))
      fibers.push(fiber)
      yield* Effect.repeatN(Effect.yieldNow(), count)
      yield* Fiber.interruptFork(fiber)
      yield* Effect.sleep("1 millis")
    }
    yield* Effect.sleep("1 minute")
    return (yield* Effect.forEach(fibers, Fiber.poll)).filter(Option.isNone).length
  })

describe.each(Array.from({ length: 30 }, (_, index) => index + 11))(
  "an interruption, yielding every %d steps,",
  (operations) => {
    it("leaves no request in the mean duration that estimates use", () =>
      Effect.gen(function* () {
        const left = yield* interrupted(list, operations)
        yield* list
        const { duration } = yield* CheckpointPermissions.estimate({ list: 11 })
        assert.strictEqual(Duration.toMillis(duration), 10_000 / (1 + left))
      }).pipe(
        Effect.provide(onFake({ fake: { behavior: { latency: "1 second" } } })),
        VirtualClock.run,
        Effect.runPromise
      ))

    it("leaves no observer of waits", () =>
      Effect.gen(function* () {
        let left = 0
        const onWait = () =>
          Effect.zipRight(
            Effect.sleep("1 second"),
            Effect.sync(() => void left++)
          )
        yield* list
        yield* interrupted(CheckpointPermissions.withOptions(list, { onWait }), operations)
        assert.strictEqual(left, 0)
      }).pipe(
        Effect.provide(onFake({ pacing: Pacing.fixed({ requests: 1, per: "1 day" }) })),
        VirtualClock.run,
        Effect.runPromise
      ))
  }
)

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
