import type { Clock } from "@checkpoint-permissions/fake/clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"

/**
 * Returns the milliseconds of a duration, or `undefined` for any other value. Returns a negative one as it is, and the
 * fake refuses it.
 */
export const toMillis = (input: Duration.DurationInput): number | undefined => {
  if (typeof input === "number") return input
  if (typeof input === "string" && input.startsWith("-")) return Number.parseFloat(input)
  return Option.getOrUndefined(Option.map(Duration.decodeUnknown(input), Duration.toMillis))
}

/**
 * Returns the `Clock` of the current fiber for the fake. The timers end with the scope. It does not wait for them,
 * since their runtime may have stopped.
 */
export const clocks: Effect.Effect<Effect.Effect<Clock>, never, Scope.Scope> = Effect.suspend(() => {
  const timers = new Set<Fiber.RuntimeFiber<void>>()
  const stop = (fiber: Fiber.RuntimeFiber<void>): void => fiber.unsafeInterruptAsFork(fiber.id())
  const clock = Effect.zipWith(
    Effect.clock,
    Effect.runtime<never>(),
    (clock, runtime): Clock => ({
      now: () => clock.unsafeCurrentTimeMillis(),
      setTimer: (callback, millis) => {
        const timer = Effect.map(clock.sleep(Duration.millis(millis)), callback)
        const fiber = Runtime.runFork(runtime)(Effect.interruptible(timer))
        timers.add(fiber)
        fiber.addObserver(() => timers.delete(fiber))
        return () => stop(fiber)
      }
    })
  )
  return Effect.as(
    Effect.addFinalizer(() => Effect.sync(() => timers.forEach(stop))),
    clock
  )
})
