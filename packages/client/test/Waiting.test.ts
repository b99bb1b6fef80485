import { CheckpointPermissions, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import { Faults, VirtualClock } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Logger, LogLevel, Schedule, Stream, TestClock } from "effect"
import { checkpoint, onFake, permission, permissions, project, type Setup, seeded, server } from "./support/setup.ts"
import { drive, settle, timed } from "./support/time.ts"

/** How long a listing of 30 pages takes with one 429, in virtual seconds. */
const listingWith = (nth: number, headers: Record<string, string>) =>
  Effect.gen(function* () {
    assert.strictEqual(yield* Stream.runCount((yield* permissions).stream(checkpoint, { limit: 100 })), 3000)
    assert.strictEqual((yield* (yield* server).requests).length, 31)
    return (yield* Clock.currentTimeMillis) / 1000
  }).pipe(
    Effect.provide(
      onFake({
        pacing: Pacing.adaptive,
        fake: {
          ...seeded(3000),
          behavior: { latency: "100 millis" },
          faults: Faults.scripted([{ fault: Faults.rateLimited(headers), nth }])
        }
      })
    ),
    VirtualClock.run
  )

describe("one stray 429 in a listing of 30 pages", () => {
  for (const nth of [1, 2, 3, 6, 17, 30]) {
    for (const [name, headers, asked] of [
      ["without a header", {}, 0],
      ["with Retry-After: 1", { "retry-after": "1" }, 1],
      ["with retry-after-ms: 30", { "retry-after-ms": "30" }, 0.03],
      ["with Retry-After: 7", { "retry-after": "7" }, 7]
    ] as const) {
      it.effect(`at request ${nth} ${name} costs at most 5 s more than it asks for`, () =>
        Effect.map(listingWith(nth, headers), (seconds) => assert.isAtMost(seconds, 3.2 + asked + 5))
      )
    }
  }
})

describe("a hold", () => {
  const held = (headers: Record<string, string>, options: Setup = {}) =>
    onFake({
      pacing: Pacing.adaptive,
      ...options,
      fake: { ...seeded(1), faults: Faults.scripted([{ fault: Faults.rateLimited(headers), nth: 1 }]) }
    })

  it.effect("makes a call with RetryPolicy.none fail at once, without a request", () =>
    Effect.gen(function* () {
      const { list } = yield* permissions
      yield* Effect.flip(list(checkpoint))
      const [error, took] = yield* drive(timed(Effect.flip(list(checkpoint))))
      assert.strictEqual(took, 0)
      assert.strictEqual(error._tag, "RateLimitError")
      assert.strictEqual(error.attempts, 0)
      assert.deepStrictEqual(error.retryAfter, Duration.seconds(61))
      assert.strictEqual((yield* (yield* server).requests).length, 1)
      yield* TestClock.adjust("61 seconds")
      yield* list(checkpoint)
    }).pipe(Effect.provide(held({ "retry-after": "61" }, { retry: RetryPolicy.none })))
  )

  it.effect("that ends after the cap makes a call fail at once", () =>
    Effect.gen(function* () {
      const { list } = yield* permissions
      const within = RetryPolicy.withRetryPolicy(RetryPolicy.make({ schedule: Schedule.forever, cap: "1 minute" }))
      yield* Effect.fork(list(checkpoint))
      yield* settle
      const [error, took] = yield* drive(timed(Effect.flip(within(list(checkpoint)))))
      assert.deepStrictEqual([error._tag, error.attempts, took], ["RateLimitError", 0, 0])
    }).pipe(Effect.provide(held({ "retry-after": "61" })))
  )

  it.effect("that is too long ends the call, whatever the policy says", () =>
    Effect.gen(function* () {
      const { list } = yield* permissions
      yield* Effect.fork(list(checkpoint))
      yield* settle
      const eager = RetryPolicy.make({ schedule: Schedule.forever, cap: 0 })
      // the hold is over, but the request that asks for all has no reply yet
      yield* TestClock.adjust("62 seconds")
      const [error, took] = yield* drive(timed(Effect.flip(RetryPolicy.withRetryPolicy(list(checkpoint), eager))))
      assert.deepStrictEqual([error._tag, error.attempts, took], ["RateLimitError", 0, 0])
    }).pipe(
      Effect.provide(
        onFake({
          pacing: Pacing.adaptive,
          fake: {
            ...seeded(1),
            faults: Faults.scripted([
              { fault: Faults.rateLimited({ "retry-after": "61" }), nth: 1 },
              { fault: Faults.latency({ before: "20 seconds" }), nth: 2 }
            ])
          }
        })
      )
    )
  )

  it.effect("makes a call that waits already fail when it begins", () =>
    Effect.gen(function* () {
      const fake = yield* server
      const { list } = yield* permissions
      const first = yield* Effect.fork(list(checkpoint))
      const others = yield* Effect.forEach(Array.from({ length: 30 }), () => Effect.fork(Effect.flip(list(checkpoint))))
      yield* fake.awaitRequests(1)
      yield* TestClock.adjust("2 seconds")
      yield* settle
      const ended = yield* Effect.filter(others, (fiber) => Effect.map(fiber.poll, (_) => _._tag === "Some"))
      for (const fiber of ended) assert.strictEqual((yield* Fiber.join(fiber))._tag, "RateLimitError")
      assert.isAtLeast(ended.length, 1)
      yield* Fiber.interruptAll([first, ...others])
    }).pipe(
      Effect.provide(
        onFake({
          pacing: Pacing.adaptive,
          retry: RetryPolicy.none,
          fake: {
            ...seeded(1),
            behavior: { latency: "1 second" },
            faults: Faults.scripted([{ fault: Faults.rateLimited({ "retry-after": "61" }), times: 99 }])
          }
        })
      )
    )
  )

  it.effect("counts towards the cap, a turn at a steady rate does not", () =>
    Effect.gen(function* () {
      const { list } = yield* permissions
      const policy = RetryPolicy.make({ schedule: Schedule.recurs(3), cap: "30 seconds" })
      yield* list(checkpoint)
      const [, took] = yield* drive(timed(RetryPolicy.withRetryPolicy(list(checkpoint), policy)))
      assert.strictEqual(took, 60_000)
    }).pipe(Effect.provide(onFake({ pacing: Pacing.fixed({ requests: 1, per: "1 minute" }), fake: seeded(1) })))
  )

  it.effect("does not hold back what goes without waiting, whose outcome is learned from all the same", () =>
    Effect.gen(function* () {
      const service = yield* permissions
      yield* Effect.flip(RetryPolicy.withRetryPolicy(service.delete(checkpoint, permission("cp_1")), RetryPolicy.none))
      const [, took] = yield* drive(
        timed(Effect.ignore(Pacing.withoutWaiting(service.delete(checkpoint, permission("cp_1")))))
      )
      assert.strictEqual(took, 0)
      assert.strictEqual((yield* (yield* server).requests).length, 2)
    }).pipe(Effect.provide(held({ "retry-after": "600" })))
  )
})

describe("waits", () => {
  const logging = () => {
    const lines: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => {
      lines.push(`${logLevel.label} ${String(message)}`)
    })
    return { lines, layer: Logger.replace(Logger.defaultLogger, logger) }
  }
  const limited = (retryAfter: string, times: number) =>
    Faults.scripted([{ fault: Faults.rateLimited({ "retry-after": retryAfter }), times }])

  for (const [name, pacing] of [
    ["a hold of the pace", Pacing.adaptive],
    ["a delay before a retry", Pacing.none]
  ] as const) {
    it.effect(`${name} of more than ten seconds is one warning a minute`, () => {
      const { layer, lines } = logging()
      return Effect.gen(function* () {
        yield* TestClock.setTime(Date.parse("2026-11-25T14:02:00Z"))
        const { list } = yield* permissions
        yield* drive(
          Effect.forEach([1, 2, 3, 4, 5], () => list(checkpoint), { concurrency: "unbounded", discard: true })
        )
        const warnings = lines.filter((line) => line.startsWith("WARN"))
        assert.match(warnings[0] ?? "", /list.*until 14:02:20 UTC|list.*at 14:02:20 UTC/)
        // five calls, four refusals in 80 seconds
        assert.isAtLeast(warnings.length, 1)
        assert.isAtMost(warnings.length, 3)
      }).pipe(
        Effect.provide(onFake({ pacing, fake: { ...seeded(1), faults: limited("20", 4) } })),
        Effect.provide(layer)
      )
    })
  }

  it.effect("of ten seconds or less are no warning, and no line has fractions of a millisecond", () => {
    const { layer, lines } = logging()
    return Effect.gen(function* () {
      yield* drive((yield* permissions).list(checkpoint))
      assert.deepStrictEqual(
        lines.filter((line) => line.startsWith("WARN")),
        []
      )
      assert.isAbove(lines.length, 2)
      for (const line of lines) assert.notMatch(line, /\d+(us|µs|ns)\b/)
    }).pipe(
      Effect.provide(
        onFake({
          pacing: Pacing.adaptive,
          fake: { ...seeded(1), faults: Faults.scripted([{ fault: Faults.rateLimited(), times: 3 }]) }
        })
      ),
      Effect.provide(layer),
      Logger.withMinimumLogLevel(LogLevel.Debug)
    )
  })

  it.effect("at a steady rate are told at debug level, once a minute", () => {
    const { layer, lines } = logging()
    return Effect.gen(function* () {
      const { list } = yield* permissions
      yield* drive(Effect.forEach(Array.from({ length: 10 }), () => list(checkpoint), { concurrency: 10 }))
      const turns = lines.filter((line) => line.includes("steady rate"))
      assert.isAtLeast(turns.length, 1)
      assert.isAtMost(turns.length, 2)
      assert.isTrue(turns.every((line) => line.startsWith("DEBUG")))
    }).pipe(
      Effect.provide(onFake({ pacing: Pacing.fixed({ requests: 1, per: "6 seconds" }), fake: seeded(1) })),
      Effect.provide(layer),
      Logger.withMinimumLogLevel(LogLevel.Debug)
    )
  })

  it.effect("are told to tapWaits besides the log, with what they wait for", () => {
    const { layer, lines } = logging()
    return Effect.gen(function* () {
      const seen: Array<readonly [string, string, number, string | undefined]> = []
      yield* drive(
        CheckpointPermissions.list(checkpoint).pipe(
          CheckpointPermissions.tapWaits(({ delay, error, operation, reason }) =>
            Effect.sync(() => seen.push([operation, reason, Duration.toMillis(delay), error?._tag]))
          )
        )
      )
      assert.deepStrictEqual(
        seen.filter(([, reason]) => reason === "retry"),
        [["list", "retry", 61_000, "RateLimitError"]]
      )
      assert.strictEqual(lines.filter((line) => line.startsWith("WARN")).length, 1)
    }).pipe(
      Effect.provide(onFake({ pacing: Pacing.adaptive, fake: { ...seeded(1), faults: limited("61", 1) } })),
      Effect.provide(layer)
    )
  })

  it.effect("are none, and nobody sleeps for the pace, before a first refusal", () =>
    Effect.gen(function* () {
      const service = yield* permissions
      yield* service.create(checkpoint, [project("a")])
      yield* Stream.runDrain(service.stream(checkpoint))
      yield* service.delete(checkpoint, permission("cp_000000000000000000000001"))
      assert.strictEqual(yield* Clock.currentTimeMillis, 0)
    }).pipe(Effect.provide(onFake({ pacing: Pacing.adaptive })))
  )
})
