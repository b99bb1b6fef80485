import * as RateLimiter from "@effect/experimental/RateLimiter"
import { assert } from "@effect/vitest"
import { Duration, Effect, type Layer, type Scope, TestClock } from "effect"
import { scopedWith } from "../support/test.ts"

type Store = RateLimiter.RateLimiterStore["Type"]
type Options = Parameters<RateLimiter.RateLimiter["consume"]>[0]

/** Milliseconds until it is worth asking again; 0 for a turn. Ten a minute, if nothing else is said. */
export const ask = (store: Store, options: Partial<Options> = {}) =>
  Effect.flatMap(Effect.provideService(RateLimiter.make, RateLimiter.RateLimiterStore, store), (limiter) =>
    limiter.consume({ key: "list", limit: 10, window: "1 minute", ...options })
  ).pipe(
    Effect.as(0),
    Effect.catchAll((error) =>
      error.reason === "Exceeded" ? Effect.succeed(Duration.toMillis(error.retryAfter)) : Effect.die(error)
    )
  )

/** Lets the event loop turn once: sockets are read. */
export const breath = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

/** Asks again until the answer is what is waited for; the test's own time limit is the bound. */
export const askUntil = (question: Effect.Effect<number>, isWanted: (wait: number) => boolean): Effect.Effect<number> =>
  Effect.flatMap(question, (wait) =>
    isWanted(wait)
      ? Effect.succeed(wait)
      : Effect.zipRight(
          breath,
          Effect.suspend(() => askUntil(question, isWanted))
        )
  )

export const perDay = { limit: 1, window: "1 day" } as const

/** What is so of every store, whose turns are kept under a name. */
export const keepsTurns = <R, E>(
  layer: Layer.Layer<R, E>,
  make: (name: string) => Effect.Effect<Store, never, R | Scope.Scope>
): void => {
  scopedWith("of many that ask at once, the first time too, one has the turn", layer, function* () {
    const workers = yield* Effect.replicateEffect(make("many"), 8)
    // who meets others in the same moment is told to ask again
    const settled = (store: Store) => askUntil(ask(store, perDay), (wait) => wait === 0 || wait > 1000)
    const waits = yield* Effect.forEach([...workers, ...workers, ...workers], settled, { concurrency: "unbounded" })
    assert.lengthOf(
      waits.filter((wait) => wait === 0),
      1
    )
    for (const wait of waits) assert.isAtMost(wait, 86_400_000)
  })

  scopedWith("the clocks of the machines do not matter", layer, function* () {
    const [one, other] = yield* Effect.all([make("clocks"), make("clocks")])
    assert.strictEqual(yield* ask(one, perDay), 0)
    yield* TestClock.adjust("3650 days")
    assert.isAbove(yield* ask(other, perDay), 80_000_000)
    assert.isAbove(yield* ask(one, perDay), 80_000_000)
  })

  scopedWith("names and keys are counted separately", layer, function* () {
    const [one, other] = yield* Effect.all([make("one"), make("other")])
    assert.strictEqual(yield* ask(one, perDay), 0)
    assert.strictEqual(yield* ask(other, perDay), 0)
    assert.strictEqual(yield* ask(other, { ...perDay, key: 'it\'s "another"' }), 0)
    assert.isAbove(yield* ask(one, perDay), 0)
  })
}
