/** Timeouts that take effect in every region of interruptibility. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { identity } from "effect/Function"

/**
 * Runs an effect in a fiber that can always be interrupted. A timeout inside it therefore works in an uninterruptible
 * region too. An interruption of the caller reaches it only if the caller can be interrupted.
 */
const isolated = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Effect.forkDaemon(Effect.interruptible(Effect.exit(self))), (fiber) =>
      restore(Fiber.join(fiber)).pipe(
        Effect.onInterrupt(() => Fiber.interrupt(fiber)),
        Effect.flatten
      )
    )
  )

/**
 * Returns the result of `onTimeout` if `self` takes too long, in every region of interruptibility. Changes to FiberRefs
 * reach the caller only if `self` succeeds.
 */
export const attemptTimeout = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  duration: Duration.Duration,
  onTimeout: () => A
): Effect.Effect<A, E, R> => {
  // `Effect.raceWith` is no faster. In Effect 3.17.7 it never ends if a stream that prefetches a page is left.
  const timed = Effect.timeoutTo(self, { duration, onSuccess: identity<A>, onTimeout })
  return Effect.checkInterruptible((isInterruptible) => (isInterruptible ? timed : isolated(timed)))
}

/** Calls `onLate` after `millis` milliseconds. If it returns an effect, interrupts `self` and returns its result. */
export const startWithin = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  millis: number,
  onLate: () => Effect.Effect<A, E> | undefined
): Effect.Effect<A, E, R> => {
  const late = Effect.suspend(() => onLate() ?? Effect.never)
  return isolated(Effect.raceFirst(self, Effect.delay(late, millis)))
}
