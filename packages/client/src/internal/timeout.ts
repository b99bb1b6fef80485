import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { identity } from "effect/Function"

/**
 * Runs in a fiber that can always be interrupted, so that a timeout inside it works in an uninterruptible region too.
 * An interruption of the caller reaches it only if the caller can be interrupted.
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
 * Succeeds with what `onTimeout` gives when `self` takes too long, in every region. Changes to FiberRefs reach the
 * caller from a success only.
 */
export const attemptTimeout = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  duration: Duration.Duration,
  onTimeout: () => A
): Effect.Effect<A, E, R> => {
  // `Effect.raceWith` is no faster, and never ends in Effect 3.17.7 when a stream that reads a page ahead is left
  const timed = Effect.timeoutTo(self, { duration, onSuccess: identity<A>, onTimeout })
  return Effect.checkInterruptible((isInterruptible) => (isInterruptible ? timed : isolated(timed)))
}
