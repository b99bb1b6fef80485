import * as RateLimiter from "@effect/experimental/RateLimiter"
import { assert, describe } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Logger, Ref, TestClock } from "effect"
import * as store from "../../src/internal/pace/store.ts"
import { scoped } from "../support/test.ts"
import { ask } from "./support.ts"
import { type Turn, take } from "./turn.ts"

/** A store in memory that can go away, by the clock of the test. */
const world = Effect.gen(function* () {
  const turns = new Map<string, Turn>()
  const state: { now: "here" | "gone" | "silent" } = { now: "here" }
  const { lost, store: pace } = store.make("The store", (key, cost) =>
    Effect.clockWith((clock) =>
      Effect.suspend(() => {
        if (state.now === "gone") return new store.StoreAway({ message: "refused" })
        if (state.now === "silent") return Effect.uninterruptible(Effect.never)
        const answer = take(turns.get(key), clock.unsafeCurrentTimeMillis(), cost)
        turns.set(key, answer.stored)
        return Effect.succeed(answer.wait)
      })
    )
  )
  const limiter = yield* Effect.provideService(RateLimiter.make, RateLimiter.RateLimiterStore, pace)
  const logs = yield* Ref.make<ReadonlyArray<string>>([])
  const logger = Logger.make<unknown, void>(({ message }) => {
    Effect.runSync(Ref.update(logs, (all) => [...all, String(message)]))
  })
  return {
    limiter,
    pace,
    lost,
    state,
    logs: Ref.get(logs),
    logging: Logger.replace(Logger.defaultLogger, logger)
  }
})

const tenAMinute = { key: "list", limit: 10, window: "1 minute" } as const

describe("the pace of a store", () => {
  for (const algorithm of ["fixed-window", "token-bucket"] as const) {
    describe(algorithm, () => {
      scoped("is one in 6 seconds, not ten a minute", function* () {
        const { pace } = yield* world
        assert.strictEqual(yield* ask(pace, { algorithm }), 0)
        assert.strictEqual(yield* ask(pace, { algorithm }), 6000)
        yield* TestClock.adjust(5000)
        assert.strictEqual(yield* ask(pace, { algorithm }), 1000)
        yield* TestClock.adjust(1000)
        assert.strictEqual(yield* ask(pace, { algorithm }), 0)
      })

      scoped("several tokens cost as many intervals", function* () {
        const { pace } = yield* world
        assert.strictEqual(yield* ask(pace, { algorithm, tokens: 3 }), 0)
        assert.strictEqual(yield* ask(pace, { algorithm }), 18_000)
      })

      scoped("with delays it waits for the turn, and who is interrupted takes none", function* () {
        const { limiter } = yield* world
        const delayed = limiter.consume({ ...tenAMinute, algorithm, onExceeded: "delay" })
        assert.strictEqual(Duration.toMillis((yield* delayed).delay), 0)
        const gone = yield* Effect.fork(delayed)
        yield* TestClock.adjust(1000)
        yield* Fiber.interrupt(gone)
        const stays = yield* Effect.fork(delayed)
        yield* TestClock.adjust(4999)
        assert.strictEqual((yield* stays.poll)._tag, "None")
        yield* TestClock.adjust(1)
        assert.strictEqual(Duration.toMillis((yield* Fiber.join(stays)).delay), 0)
      })
    })
  }

  scoped("while the store is away there are no turns; when it is back there are none for one window", function* () {
    const { pace, logging, logs, state } = yield* world
    const sent: Array<number> = []
    const worker = Effect.clockWith((clock) => Effect.map(clock.currentTimeMillis, (now) => void sent.push(now)))
    const loop = Effect.forever(Effect.flatMap(ask(pace), (wait) => (wait === 0 ? worker : Effect.sleep(wait)))).pipe(
      Effect.provide(logging)
    )
    const fiber = yield* Effect.fork(loop)
    yield* TestClock.adjust(20_000)
    assert.deepStrictEqual(sent, [0, 6000, 12_000, 18_000])
    state.now = "gone"
    yield* TestClock.adjust(60_000)
    assert.strictEqual(sent.length, 4)
    state.now = "here"
    const before = sent.length
    yield* TestClock.adjust(60_000)
    assert.strictEqual(sent.length, before)
    yield* TestClock.adjust(12_000)
    // it was asked again within 5 seconds
    assert.isAtLeast(sent.length, before + 1)
    yield* Fiber.interrupt(fiber)
    const lines = yield* logs
    assert.strictEqual(lines.length, 2)
    assert.strictEqual(lines[0], "The store cannot be reached (refused): nothing is sent until it is back")
    assert.match(lines[1] ?? "", /^The store is back after 1m\b.*: nothing is sent for 1m, since it may have forgotten/)
  })

  scoped("a store that is away at the start is waited for too", function* () {
    const { pace, state } = yield* world
    state.now = "gone"
    assert.isAbove(yield* ask(pace), 0)
    state.now = "here"
    assert.strictEqual(yield* ask(pace), 60_000)
    yield* TestClock.adjust(60_000)
    assert.strictEqual(yield* ask(pace), 0)
  })

  scoped("a store that does not answer is away, even if what asks it cannot be interrupted", function* () {
    const { pace, state } = yield* world
    state.now = "silent"
    const fiber = yield* Effect.fork(ask(pace))
    yield* TestClock.adjust(4000)
    assert.isAbove(yield* Fiber.join(fiber), 0)
    state.now = "here"
    assert.strictEqual(yield* ask(pace), 60_000)
  })

  scoped("a connection that was lost while nobody asked counts", function* () {
    const { pace, lost } = yield* world
    assert.strictEqual(yield* ask(pace), 0)
    yield* TestClock.adjust(6000)
    yield* lost("connection closed")
    assert.strictEqual(yield* ask(pace), 60_000)
  })

  scoped("who waits for a turn from a store that is away can be interrupted", function* () {
    const { limiter, state } = yield* world
    state.now = "gone"
    const fiber = yield* Effect.fork(limiter.consume({ ...tenAMinute, onExceeded: "delay" }))
    yield* TestClock.adjust(100_000)
    assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
  })
})
