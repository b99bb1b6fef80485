import type { Clock } from "@checkpoint-permissions/fake/clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"

/** The `Clock` of a runtime, for the fake. Its timers end with `scope`. */
export const clockOf = (runtime: Runtime.Runtime<never>, scope: Scope.Scope): Clock => {
  const clock = Runtime.runSync(runtime)(Effect.clock)
  return {
    now: () => clock.unsafeCurrentTimeMillis(),
    setTimer: (callback, millis) => {
      const fiber = Runtime.runFork(runtime)(
        Effect.map(Effect.interruptible(clock.sleep(Duration.millis(millis))), callback),
        { scope }
      )
      return () => fiber.unsafeInterruptAsFork(fiber.id())
    }
  }
}
