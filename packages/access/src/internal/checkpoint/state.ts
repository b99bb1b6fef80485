/** The state of one `Access`, shared by its methods. */
import type * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** The semaphore of a checkpoint. */
interface CheckpointSemaphore {
  readonly semaphore: Effect.Semaphore
  /** The number of fibers that hold the semaphore or wait for it. */
  users: number
}

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
  /** Returns true if a fiber works at the checkpoint now. */
  readonly isInUse: (checkpoint: string) => boolean
  /**
   * Runs an effect while no other fiber works at the checkpoint. Passes true if another fiber worked there at the time
   * of the call.
   */
  readonly exclusively: (
    checkpoint: string
  ) => <A, E, R>(self: (waited: boolean) => Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

export const make = (permissions: CheckpointPermissions.Service): State => {
  /** Contains only semaphores in use, so it does not grow with every checkpoint that was ever changed. */
  const semaphores = new Map<string, CheckpointSemaphore>()
  const lastWrites = new Map<string, number>()
  return {
    permissions,
    token: {},
    owners: new Map(),
    lastWrites,
    recordWrite: (checkpoint) => Effect.map(Clock.currentTimeMillis, (now) => void lastWrites.set(checkpoint, now)),
    isInUse: (checkpoint) => semaphores.has(checkpoint),
    exclusively: (checkpoint) => (self) =>
      Effect.acquireUseRelease(
        Effect.sync(() => {
          const entry = semaphores.get(checkpoint) ?? { semaphore: Effect.unsafeMakeSemaphore(1), users: 0 }
          semaphores.set(checkpoint, entry)
          entry.users += 1
          return { entry, waited: entry.users > 1 }
        }),
        ({ entry, waited }) => entry.semaphore.withPermits(1)(Effect.suspend(() => self(waited))),
        ({ entry }) =>
          Effect.sync(() => {
            entry.users -= 1
            if (entry.users === 0) semaphores.delete(checkpoint)
          })
      )
  }
}
