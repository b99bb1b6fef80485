/** Timeouts that take effect in every region of interruptibility. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"

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
 * Returns the result of `onTimeout` if `self` takes too long, in every region of interruptibility. `self` runs in a
 * fiber that a timer interrupts: `Effect.timeoutTo` needs two fibers for `self`, and a list a fifth more processor time.
 */
export const attemptTimeout = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  duration: Duration.Duration,
  onTimeout: () => A
): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) => {
    let isTooLate = false
    const timed = Effect.withFiberRuntime<A, E, R>((fiber) => {
      const late = Effect.suspend(() => {
        isTooLate = true
        return Fiber.interruptAsFork(fiber, FiberId.none)
      })
      const timer = Effect.interruptible(Effect.zipRight(Effect.sleep(duration), late))
      return Effect.flatMap(Effect.forkDaemon(timer), (timer) => {
        const stop = Fiber.interruptAsFork(timer, FiberId.none)
        return Effect.matchCauseEffect(Effect.interruptible(self), {
          onFailure: (cause) => Effect.zipRight(stop, Effect.failCause(cause)),
          onSuccess: (value) => Effect.as(stop, value)
        })
      })
    })
    return Effect.flatMap(Effect.forkDaemon(timed), (fiber) =>
      Effect.matchCauseEffect(restore(Fiber.await(fiber)), {
        onFailure: (interruption) => Effect.zipRight(Fiber.interrupt(fiber), Effect.failCause(interruption)),
        onSuccess: (exit) => (isTooLate ? Effect.sync(onTimeout) : Effect.zipRight(Fiber.inheritAll(fiber), exit))
      })
    )
  })

/** Calls `onLate` after `millis` milliseconds. If it returns an effect, interrupts `self` and returns its result. */
export const startWithin = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  millis: number,
  onLate: () => Effect.Effect<A, E> | undefined
): Effect.Effect<A, E, R> => {
  const late = Effect.suspend(() => onLate() ?? Effect.never)
  return isolated(Effect.raceFirst(self, Effect.delay(late, millis)))
}
