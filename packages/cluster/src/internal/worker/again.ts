/** What to do while the store is away. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"

const pauses = Schedule.exponential("100 millis").pipe(Schedule.union(Schedule.spaced("2 seconds")), Schedule.jittered)

/**
 * Tries until it works. Nothing is lost meanwhile: a worker that does not reach the store for long loses its locks, and
 * is interrupted.
 */
export const untilReached =
  (what: string) =>
  <A, E extends { readonly message?: string | undefined }, R>(
    self: Effect.Effect<A, E, R>
  ): Effect.Effect<A, never, R> =>
    self.pipe(
      Effect.tapError((error) => Effect.logDebug(`${what}: ${error.message ?? "the store is away"}`)),
      Effect.retry(pauses),
      Effect.orDie
    )

/** Brings what has begun to its end within the scope, also when whoever waits for it gives up. */
export const toItsEnd = Effect.map(
  Effect.scope,
  (scope) =>
    <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.flatMap(Effect.forkIn(Effect.interruptible(self), scope), Fiber.join)
)
