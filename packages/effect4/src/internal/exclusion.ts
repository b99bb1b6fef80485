import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as RcMap from "effect/RcMap"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { CurrentCallOptions } from "./callOptions.ts"

/** Runs an effect that `wait` delays. If the deadline in force comes first, runs it immediately. */
const startInTime = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  wait: (self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.flatMap(CurrentCallOptions, ({ deadlineAt = Number.POSITIVE_INFINITY }) => {
    if (deadlineAt === Number.POSITIVE_INFINITY) return wait(self)
    let isStarted = false
    const started = Effect.suspend(() => {
      isStarted = true
      return self
    })
    // a timer may fire before the clock reaches the deadline
    const late: Effect.Effect<void> = Effect.flatMap(Clock.currentTimeMillis, (now) =>
      isStarted ? Effect.never : now >= deadlineAt ? Effect.void : Effect.delay(late, deadlineAt - now)
    )
    return Effect.flatMap(
      Effect.raceFirst(Effect.asSome(wait(started)), Effect.as(late, Option.none<A>())),
      Option.match({ onNone: () => (isStarted ? Effect.interrupt : self), onSome: Effect.succeed })
    )
  })

/** Makes a semaphore for each checkpoint in use. */
export const make = Effect.gen(function* () {
  // a semaphore without a user is removed, so there is nothing to release at the end of the service
  const semaphores = yield* RcMap.make({ lookup: (_checkpoint: string) => Semaphore.make(1) }).pipe(
    Scope.provide(yield* Scope.make())
  )
  return {
    /** The checkpoints at which a fiber works, or waits to work. */
    inUse: RcMap.keys(semaphores),
    /**
     * Runs an effect while no other fiber works at the checkpoint. After a deadline the effect sends no request, and no
     * longer waits for the other fibers.
     */
    exclusively:
      (checkpoint: string) =>
      <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
        Effect.scoped(
          Effect.flatMap(RcMap.get(semaphores, checkpoint), (semaphore) => startInTime(self, semaphore.withPermits(1)))
        )
  }
})
