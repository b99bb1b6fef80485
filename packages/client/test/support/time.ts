import { Chunk, Clock, Effect, Fiber, Option, TestClock } from "effect"

/** A turn of the event loop, in which promises resolve that wait for nothing outside. */
const eventLoopTurn = Effect.async<void>((resume) => {
  const immediate = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(immediate))
})

/** Lets every fiber run until it sleeps or waits. */
export const flush = Effect.repeatN(Effect.zipRight(Effect.yieldNow(), eventLoopTurn), 3)

/** Runs an effect to its end, setting the test clock to the next wake-up whenever nothing else happens. */
export const drive = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    for (let idle = 0; idle < 100; ) {
      yield* flush
      const exit = yield* Fiber.poll(fiber)
      if (Option.isSome(exit)) return yield* exit.value
      const now = yield* Clock.currentTimeMillis
      const sleeps = Chunk.toReadonlyArray(yield* TestClock.sleeps()).filter((at) => at > now)
      if (sleeps.length === 0) idle += 1
      else yield* TestClock.setTime(Math.min(...sleeps))
    }
    return yield* Effect.dieMessage("no fiber sleeps, and no event is left")
  })

/** How long an effect takes on the clock it runs on. */
export const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const start = yield* Clock.currentTimeMillis
    const result = yield* effect
    return [result, (yield* Clock.currentTimeMillis) - start] as const
  })

/** A clock that stands still, and its sleepers: each can be woken. */
export const stopped = () => {
  const sleepers = new Set<() => void>()
  const clock: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: () => 0,
    unsafeCurrentTimeNanos: () => 0n,
    currentTimeMillis: Effect.succeed(0),
    currentTimeNanos: Effect.succeed(0n),
    sleep: () =>
      Effect.async<void>((resume) => {
        const wake = () => resume(Effect.void)
        sleepers.add(wake)
        return Effect.sync(() => void sleepers.delete(wake))
      })
  }
  return { clock, sleepers }
}
