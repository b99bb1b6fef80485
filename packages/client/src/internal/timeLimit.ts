import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"

/**
 * As `Effect.timeoutFail`, for half its price; and it ends what the caller may
 * not be interrupted in, too. `self` runs in a fiber of its own.
 */
export const timeLimit = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  duration: Duration.Duration,
  onTimeout: () => E
): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Effect.fork(Effect.interruptible(self)), (work) => {
      let isLate = false
      const expire = Effect.map(Effect.sleep(duration), () => {
        isLate = true
        work.unsafeInterruptAsFork(work.id())
      })
      return Effect.flatMap(Effect.fork(Effect.interruptible(expire)), (timer) => {
        const stop = () => timer.unsafeInterruptAsFork(work.id())
        return Effect.matchCauseEffect(restore(Fiber.await(work)), {
          onFailure: (cause) => {
            stop()
            return Effect.zipRight(Fiber.interrupt(work), Effect.failCause(cause))
          },
          onSuccess: (exit) => {
            stop()
            if (isLate && Exit.isInterrupted(exit)) return Effect.fail(onTimeout())
            return Effect.zipRight(Fiber.inheritAll(work), exit)
          }
        })
      })
    })
  )
