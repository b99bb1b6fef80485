/** The state of one `Access`, shared by its methods. */
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as RcMap from "effect/RcMap"
import * as Scope from "effect/Scope"
import { interruptWhen } from "../run/until.ts"

export interface State {
  readonly permissions: CheckpointPermissions.Service
  /** Identifies this `Access` in the snapshots of its plans. */
  readonly token: object
  /** Owners that the server named in refusals of grants or revokes, by checkpoint. */
  readonly owners: Map<string, ProjectId>
  /** The time when the last write to each checkpoint ended, in Unix milliseconds. */
  readonly lastWrites: ReadonlyMap<string, number>
  /** Records that a write to the checkpoint has ended, with any result. */
  readonly recordWrite: (checkpoint: string) => Effect.Effect<void>
  /** The checkpoints at which a fiber works, or waits to work. */
  readonly inUse: Effect.Effect<ReadonlySet<string>>
  /**
   * Runs an effect while no other fiber works at the checkpoint. Passes true if another fiber worked there at the time
   * of the call. After a deadline the effect sends no request, and no longer waits for the other fibers.
   */
  readonly exclusively: (
    checkpoint: string
  ) => <A, E, R>(self: (waited: boolean) => Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/** Runs an effect that `wait` delays. If the deadline in force comes first, runs it immediately. */
const startInTime = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  wait: (self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.flatMap(CheckpointPermissions.CurrentCallOptions, ({ deadlineAt = Number.POSITIVE_INFINITY }) => {
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
      interruptWhen(late, wait(started)),
      Option.match({ onNone: () => (isStarted ? Effect.interrupt : self), onSome: Effect.succeed })
    )
  })

export const make = (permissions: CheckpointPermissions.Service): Effect.Effect<State> =>
  Effect.gen(function* () {
    // a semaphore without a user is removed, so there is nothing to release at the end of the service
    const semaphores = yield* Scope.extend(
      RcMap.make({ lookup: (_checkpoint: string) => Effect.makeSemaphore(1) }),
      yield* Scope.make()
    )
    const lastWrites = new Map<string, number>()
    return {
      permissions,
      token: {},
      owners: new Map(),
      lastWrites,
      recordWrite: (checkpoint) => Effect.map(Clock.currentTimeMillis, (now) => void lastWrites.set(checkpoint, now)),
      inUse: Effect.map(RcMap.keys(semaphores), (checkpoints) => new Set(checkpoints)),
      exclusively: (checkpoint) => (self) =>
        RcMap.get(semaphores, checkpoint).pipe(
          Effect.flatMap((semaphore) =>
            semaphore
              .withPermitsIfAvailable(1)(Effect.suspend(() => self(false)))
              .pipe(
                Effect.flatMap(
                  Option.match({
                    onNone: () =>
                      startInTime(
                        Effect.suspend(() => self(true)),
                        semaphore.withPermits(1)
                      ),
                    onSome: Effect.succeed
                  })
                )
              )
          ),
          Effect.scoped
        )
    }
  })
