import * as Effect from "effect/Effect"
import * as RcMap from "effect/RcMap"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"

/** Makes a semaphore for each checkpoint in use. */
export const make = Effect.gen(function* () {
  // a semaphore without a user is removed, so there is nothing to release at the end of the service
  const semaphores = yield* RcMap.make({ lookup: (_checkpoint: string) => Semaphore.make(1) }).pipe(
    Scope.provide(yield* Scope.make())
  )
  return {
    /** The checkpoints at which a fiber works, or waits to work. */
    inUse: RcMap.keys(semaphores),
    /** Runs an effect while no other fiber works at the checkpoint. */
    exclusively:
      (checkpoint: string) =>
      <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
        Effect.scoped(Effect.flatMap(RcMap.get(semaphores, checkpoint), (semaphore) => semaphore.withPermits(1)(self)))
  }
})
