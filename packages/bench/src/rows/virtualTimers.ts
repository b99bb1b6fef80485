/** Virtual time for code that knows nothing of Effect: its `setTimeout` is a sleep of the fiber's `Clock`. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"

/**
 * Runs `work` with the global `setTimeout` and `clearTimeout` replaced. Nothing
 * else may run in this process meanwhile, and nothing does.
 */
export const withVirtualTimers = <A>(work: () => Promise<A>): Effect.Effect<A> =>
  Effect.gen(function* () {
    const runtime = yield* Effect.runtime()
    const original = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout }
    const sleeping = new Map<number, Fiber.RuntimeFiber<void>>()
    let last = 0
    const later = (callback: () => void, millis = 0): number => {
      const timer = ++last
      sleeping.set(
        timer,
        Runtime.runFork(runtime)(
          Effect.zipRight(
            Effect.sleep(millis),
            Effect.sync(() => {
              sleeping.delete(timer)
              callback()
            })
          )
        )
      )
      return timer
    }
    const clear = (timer: number | undefined): void => {
      const fiber = timer === undefined ? undefined : sleeping.get(timer)
      if (fiber !== undefined) Effect.runFork(Fiber.interruptFork(fiber))
    }
    Object.assign(globalThis, { setTimeout: later, clearTimeout: clear })
    return yield* Effect.ensuring(
      Effect.promise(work),
      Effect.sync(() => {
        Object.assign(globalThis, original)
      })
    )
  })
