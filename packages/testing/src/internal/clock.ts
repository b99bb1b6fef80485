import type { Clock } from "@checkpoint-permissions/fake/clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"

/** The `Clock` of the fiber that asks, for the fake. Its timers end with `scope`. */
export const clockIn = (scope: Scope.Scope): Effect.Effect<Clock> =>
  Effect.zipWith(Effect.clock, Effect.runtime<never>(), (clock, runtime) => ({
    now: () => clock.unsafeCurrentTimeMillis(),
    setTimer: (callback, millis) => {
      const timer = Effect.map(clock.sleep(Duration.millis(millis)), callback)
      const fiber = Runtime.runFork(runtime)(Effect.interruptible(timer), { scope })
      return () => fiber.unsafeInterruptAsFork(fiber.id())
    }
  }))
