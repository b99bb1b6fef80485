/** Options for some calls: which value counts, and how long a call waits for a server that refuses requests. */
import { CheckpointPermissions, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import { Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Logger, Schedule, Stream } from "effect"
import { checkpoint, onFake, type Setup, seeded, server } from "./support/setup.ts"
import { drive, settle, timed } from "./support/time.ts"

const { withOptions } = CheckpointPermissions
const list = CheckpointPermissions.list(checkpoint)
const requests = Effect.map(
  Effect.flatMap(server, (fake) => fake.requests),
  (all) => all.length
)

/** Refuses the first requests for so many seconds. */
const refusing = (retryAfter: number, times = 1, options: Setup = {}) =>
  onFake({
    ...options,
    fake: {
      ...seeded(1),
      faults: Faults.scripted([{ fault: Faults.rateLimited({ "retry-after": String(retryAfter) }), times }])
    }
  })

const failed = (
  call: Effect.Effect<unknown, CheckpointPermissions.ListingError, CheckpointPermissions.CheckpointPermissions>
) => drive(timed(Effect.map(Effect.flip(call), ({ _tag, attempts, retryAfter }) => [_tag, attempts, retryAfter])))

describe("maxWait", () => {
  it.effect("makes a call fail immediately at a pause that ends later, effect or stream", () =>
    Effect.gen(function* () {
      yield* Effect.fork(list)
      yield* settle
      const stream = Stream.runDrain(CheckpointPermissions.stream(checkpoint))
      for (const call of [list, stream]) {
        const [error, took] = yield* failed(withOptions(call, { maxWait: "19 seconds" }))
        assert.deepStrictEqual([error, took], [["RateLimitError", 0, Duration.seconds(20)], 0])
      }
      assert.strictEqual(yield* requests, 1)
      const [, took] = yield* drive(timed(withOptions(list, { maxWait: "20 seconds" })))
      assert.strictEqual(took, 20_000)
    }).pipe(Effect.provide(refusing(20, 1, { pacing: Pacing.adaptive })))
  )

  it.effect("bounds delays after a 429 too, and no other delay", () =>
    Effect.gen(function* () {
      const [error, took] = yield* failed(withOptions(list, { maxWait: "5 seconds" }))
      assert.deepStrictEqual([error, took], [["RateLimitError", 1, Duration.seconds(20)], 0])
      yield* (yield* server).inject(Faults.error(503))
      const [, waited] = yield* drive(timed(withOptions(list, { maxWait: 0, retry: Schedule.spaced("7 seconds") })))
      assert.strictEqual(waited, 7000)
    }).pipe(Effect.provide(refusing(20)))
  )

  it.effect("counts what a call has waited already", () =>
    Effect.gen(function* () {
      const [error, took] = yield* failed(withOptions(list, { maxWait: "50 seconds" }))
      assert.deepStrictEqual([error, took], [["RateLimitError", 3, Duration.seconds(20)], 40_000])
    }).pipe(Effect.provide(refusing(20, 9)))
  )

  it.effect("lets a call wait for a pause that is longer than the cap, which then bounds delays only", () =>
    Effect.gen(function* () {
      yield* Effect.fork(Effect.ignore(list))
      yield* settle
      const retry = RetryPolicy.make({ schedule: Schedule.spaced("5 seconds"), cap: "6 seconds" })
      yield* (yield* server).inject(Faults.error(503))
      const [, took] = yield* drive(timed(withOptions(list, { maxWait: "1 hour", retry })))
      assert.strictEqual(took, 605_000)
    }).pipe(Effect.provide(refusing(600, 1, { pacing: Pacing.adaptive, retry: RetryPolicy.none })))
  )
})

describe("retry", () => {
  const standard = RetryPolicy.make({ schedule: Schedule.recurs(0), cap: "25 seconds" })

  it.effect("as a plain schedule keeps the cap of the service, or of the policy around it", () =>
    Effect.gen(function* () {
      const often = { retry: Schedule.spaced("10 seconds") }
      const [inService] = yield* failed(withOptions(list, often))
      assert.deepStrictEqual(inService, ["ServerError", 3, undefined])
      const around = { retry: RetryPolicy.make({ schedule: Schedule.stop, cap: "15 seconds" }) }
      const [inPolicy] = yield* failed(list.pipe(withOptions(often), withOptions(around)))
      assert.deepStrictEqual(inPolicy, ["ServerError", 2, undefined])
    }).pipe(
      Effect.provide(
        onFake({ retry: standard, fake: { faults: Faults.scripted([{ fault: Faults.error(500), times: 99 }]) } })
      )
    )
  )
})

it.effect("the innermost given value counts, and one that is not given is inherited", () =>
  Effect.gen(function* () {
    yield* Effect.fork(list)
    yield* settle
    const urgent = withOptions({ urgent: true, maxWait: 0 })
    yield* list.pipe(withOptions({ onReply: () => Effect.void }), urgent)
    const [error] = yield* failed(list.pipe(withOptions({ urgent: false }), urgent))
    assert.deepStrictEqual(error, ["RateLimitError", 0, Duration.seconds(20)])
    const [, took] = yield* drive(timed(list.pipe(withOptions({ urgent: false, maxWait: "1 minute" }), urgent)))
    assert.strictEqual(took, 20_000)
  }).pipe(Effect.provide(refusing(20, 1, { pacing: Pacing.adaptive })))
)

it.effect("logWaits: false silences the log of waits, and onWait runs all the same", () =>
  Effect.suspend(() => {
    const lines: Array<string> = []
    const logger = Logger.make(({ message }) => void lines.push(String(message)))
    const noted = withOptions(list, { onWait: ({ reason }) => Effect.sync(() => void lines.push(reason)) })
    const run = (options: Setup) => drive(noted).pipe(Effect.provide(refusing(20, 1, options)))
    return Effect.zipRight(run({ logWaits: false }), run({})).pipe(
      Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
      Effect.tap(() => {
        assert.strictEqual(lines.length, 3)
        assert.deepStrictEqual([lines[0], lines[2]], ["retry", "retry"])
        assert.include(lines[1], "list is tried again at")
      })
    )
  })
)
