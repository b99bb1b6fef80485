import * as Effect from "effect/Effect"
import { globalValue } from "effect/GlobalValue"

interface Turn {
  readonly semaphore: Effect.Semaphore
  waiting: number
}

/** Who is changing which checkpoint, for each service there is. */
const turns = globalValue("@checkpoint-permissions/access/turns", () => new WeakMap<object, Map<string, Turn>>())

/**
 * Runs an effect when nobody else changes that checkpoint through that service, and says whether somebody else did when
 * it was asked for. What nobody waits for is forgotten.
 */
export const inTurn =
  (service: object, checkpoint: string) =>
  <A, E, R>(self: (wasHeld: boolean) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        const ofService = turns.get(service) ?? new Map<string, Turn>()
        turns.set(service, ofService)
        const turn = ofService.get(checkpoint) ?? { semaphore: Effect.unsafeMakeSemaphore(1), waiting: 0 }
        ofService.set(checkpoint, turn)
        turn.waiting += 1
        return { ofService, turn, wasHeld: turn.waiting > 1 }
      }),
      ({ turn, wasHeld }) => turn.semaphore.withPermits(1)(Effect.suspend(() => self(wasHeld))),
      ({ ofService, turn }) =>
        Effect.sync(() => {
          turn.waiting -= 1
          if (turn.waiting === 0) ofService.delete(checkpoint)
        })
    )
