/** Running something in a fiber of its own, which can be ended alone, in other surroundings. */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as FiberRefs from "effect/FiberRefs"
import * as Runtime from "effect/Runtime"
import * as RuntimeFlags from "effect/RuntimeFlags"
import type { TimeLimit } from "./timeLimit.ts"

export type AnyFiber = Fiber.RuntimeFiber<unknown, unknown>

/** What a fiber runs in. */
export interface Surroundings {
  readonly context: Context.Context<never>
  readonly fiberRefs: FiberRefs.FiberRefs
}

export const surroundings = (fiber: AnyFiber): Surroundings => ({
  context: fiber.currentContext,
  fiberRefs: fiber.getFiberRefs()
})

const runtimeFlags = RuntimeFlags.make(RuntimeFlags.Interruption, RuntimeFlags.CooperativeYielding)

/** Begins at once; nobody ends it but who is given it. */
export const unsafeFork = <A, E>(effect: Effect.Effect<A, E>, within: Surroundings): Fiber.RuntimeFiber<A, E> =>
  Runtime.runFork(Runtime.make({ ...within, runtimeFlags }), effect)

/**
 * Runs an effect in a fiber of its own. It ends with the caller, if the caller can
 * be interrupted, and when its time is over, even if the caller cannot.
 */
export const apart = <A, E>(
  effect: Effect.Effect<A, E>,
  within: (caller: AnyFiber) => Surroundings,
  limit?: { readonly time: TimeLimit; readonly passed: () => E }
): Effect.Effect<A, E> =>
  Effect.withFiberRuntime((caller) =>
    Effect.async((resume) => {
      let isLate = false
      // as a value: a fiber that fails is logged, with all that its error holds
      const fiber = unsafeFork(Effect.exit(effect), within(caller))
      const stop = limit?.time.start(caller, () => {
        isLate = true
        fiber.unsafeInterruptAsFork(caller.id())
      })
      fiber.addObserver((ended) => {
        stop?.()
        const exit = Exit.flatten(ended)
        resume(isLate && limit !== undefined && Exit.isInterrupted(exit) ? Effect.fail(limit.passed()) : exit)
      })
      return Fiber.interrupt(fiber)
    })
  )
