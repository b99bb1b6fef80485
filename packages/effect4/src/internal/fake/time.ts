import type { Clock as FakeClock } from "@checkpoint-permissions/fake/clock"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"

/**
 * Returns the milliseconds of a duration, or `undefined` for any other value. Returns a number as it is, and the fake
 * checks it.
 */
export const toMillis = (input: Duration.Input): number | undefined =>
  typeof input === "number" ? input : Option.getOrUndefined(Option.map(Duration.fromInput(input), Duration.toMillis))

/**
 * Returns the `Clock` of the current fiber for the fake. The end of the scope stops its timers, but does not wait for
 * their fibers: one may be on a scheduler that has stopped.
 */
export const clocks: Effect.Effect<Effect.Effect<FakeClock>, never, Scope.Scope> = Effect.suspend(() => {
  const timers = new Set<Fiber.Fiber<void>>()
  const clock = Effect.map(Effect.context<never>(), (context) => {
    const clock = Context.get(context, Clock.Clock)
    return {
      now: () => clock.currentTimeMillisUnsafe(),
      setTimer: (callback: () => void, millis: number) => {
        const timer = Effect.map(clock.sleep(Duration.millis(millis)), callback)
        const fiber = Effect.runForkWith(context)(timer)
        timers.add(fiber)
        fiber.addObserver(() => timers.delete(fiber))
        return () => fiber.interruptUnsafe()
      }
    }
  })
  return Effect.as(
    Effect.addFinalizer(() => Effect.sync(() => timers.forEach((fiber) => fiber.interruptUnsafe()))),
    clock
  )
})
