/** What a call takes from where it runs. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/** Runs an effect in another region of interruptibility. */
export type Restore = <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** The region in which a call waits, inside `finishInFlight`: as it was around it. */
export const Waits = Context.Reference<Restore | undefined>("@checkpoint-permissions/effect4/Waits", {
  defaultValue: () => undefined
})

/** Whether a call goes without waiting for the pace. */
export const WithoutWaiting = Context.Reference<boolean>("@checkpoint-permissions/effect4/WithoutWaiting", {
  defaultValue: () => false
})

/** Makes `self` uninterruptible but for its waits. */
export const finishInFlight = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Waits, (outer) => {
      if (outer !== undefined) return self
      // once a wait was cut short, what is left is clearing up, which is not cut short again
      let isCut = false
      const waits: Restore = (wait) =>
        Effect.suspend(() =>
          isCut
            ? wait
            : Effect.onInterrupt(restore(wait), () =>
                Effect.sync(() => {
                  isCut = true
                })
              )
        )
      return Effect.provideService(self, Waits, waits)
    })
  )
