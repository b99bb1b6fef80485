/** The events of waiting calls, and the calls that do not wait. The contract has the durations of waits. */
import { CheckpointPermissions, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import { Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Logger, LogLevel, Schedule } from "effect"
import { checkpoint, onFake, type Setup, seeded, server } from "./support/setup.ts"
import { drive, flush, timed } from "./support/time.ts"

const list = CheckpointPermissions.list(checkpoint)

/** Refuses so many requests, the first ones. */
const refusing = (retryAfter: string, times = 1, options: Setup = {}) =>
  onFake({
    pacing: Pacing.adaptive,
    ...options,
    fake: {
      ...seeded(1),
      faults: Faults.scripted([{ fault: Faults.rateLimited({ "retry-after": retryAfter }), times }])
    }
  })

describe("a pause", () => {
  it.effect("that ends after the cap of another policy makes its call fail immediately", () =>
    Effect.gen(function* () {
      yield* Effect.fork(list)
      yield* flush
      for (const cap of ["1 minute", 0] as const) {
        const policy = RetryPolicy.make({ schedule: Schedule.forever, cap })
        const [error, took] = yield* drive(
          timed(Effect.flip(CheckpointPermissions.withOptions(list, { retry: policy })))
        )
        assert.deepStrictEqual([error._tag, error.attempts, took], ["RateLimitError", 0, 0])
      }
    }).pipe(Effect.provide(refusing("61")))
  )

  it.effect("makes calls that wait already fail when it begins", () =>
    Effect.gen(function* () {
      const all = yield* Effect.replicateEffect(Effect.fork(Effect.flip(list)), 31)
      yield* (yield* server).awaitRequests(1)
      yield* flush
      for (const fiber of all) assert.strictEqual((yield* Fiber.join(fiber))._tag, "RateLimitError")
      assert.strictEqual(yield* Clock.currentTimeMillis, 0)
    }).pipe(Effect.provide(refusing("61", 99, { retry: RetryPolicy.none })))
  )
})

describe("waits", () => {
  /** Runs, and gives the lines that were logged. */
  const logged = (self: Effect.Effect<unknown, unknown, CheckpointPermissions.CheckpointPermissions>, options: Setup) =>
    Effect.suspend(() => {
      const lines: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => void lines.push(`${logLevel.label} ${String(message)}`))
      return drive(self).pipe(
        Effect.as(lines),
        Effect.provide(refusing("20", 4, options)),
        Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
        Logger.withMinimumLogLevel(LogLevel.Debug)
      )
    })
  const five = Effect.all([list, list, list, list, list], { concurrency: "unbounded" })

  it.effect("at a steady rate are logged at debug level", () =>
    Effect.gen(function* () {
      const lines = yield* logged(five, {
        pacing: Pacing.fixed({ requests: 1, per: "6 seconds" })
      }).pipe(Effect.map((all) => all.filter((line) => line.includes("rate limited"))))
      assert.isAtLeast(lines.length, 1)
      for (const line of lines) assert.match(line, /^DEBUG/)
    })
  )
})
