/** A timeout for the start of a request. */
import * as Effect from "effect/Effect"

/** Calls `onLate` after `millis` milliseconds. If it returns an effect, interrupts `self` and returns its result. */
export const startWithin = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  millis: number,
  onLate: () => Effect.Effect<A, E> | undefined
): Effect.Effect<A, E, R> => {
  const late = Effect.suspend(() => onLate() ?? Effect.never)
  return Effect.raceFirst(self, Effect.delay(late, millis))
}
