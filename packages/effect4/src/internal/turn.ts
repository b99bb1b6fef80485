import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"

interface Turn {
  readonly semaphore: Semaphore.Semaphore
  waiting: number
}

/** Who is changing which checkpoint, for each service there is. */
const turns = new WeakMap<object, Map<string, Turn>>()

/** Runs an effect when nobody else changes that checkpoint through that service. What nobody waits for is forgotten. */
export const inTurn = <A, E, R>(
  service: object,
  checkpoint: string,
  self: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const ofService = turns.get(service) ?? new Map<string, Turn>()
      turns.set(service, ofService)
      const turn = ofService.get(checkpoint) ?? { semaphore: Semaphore.makeUnsafe(1), waiting: 0 }
      ofService.set(checkpoint, turn)
      turn.waiting += 1
      return { ofService, turn }
    }),
    ({ turn }) => turn.semaphore.withPermits(1)(self),
    ({ ofService, turn }) =>
      Effect.sync(() => {
        turn.waiting -= 1
        if (turn.waiting === 0) ofService.delete(checkpoint)
      })
  )
