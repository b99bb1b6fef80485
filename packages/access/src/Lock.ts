/**
 * Locks for the runs of one user on one machine, as files: two applies at once,
 * or an apply and an urgent revoke of the same checkpoint, take turns.
 *
 * They are a courtesy, not the guarantee: whoever writes reads back, with or
 * without a lock. Where the lock files cannot be written, a run warns once and
 * goes on.
 *
 * @since 0.1.0
 */
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as internal from "./internal/lock/locks.ts"
import type { Locked, LockOptions, Locks, MakeOptions } from "./internal/lock/model.ts"

export { type Held, Holder, Locked, type LockOptions, type Locks, type MakeOptions } from "./internal/lock/model.ts"

/**
 * No lock is taken, and nobody is met.
 *
 * @category constructors
 * @since 0.1.0
 */
export const none: Locks = internal.none

/**
 * Locks as files in a folder.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: (options: MakeOptions) => Effect.Effect<Locks, never, FileSystem.FileSystem | Path.Path> =
  internal.make

/**
 * Holds the lock of a checkpoint while an effect runs.
 *
 * @category combinators
 * @since 0.1.0
 */
export const withCheckpoint =
  (locks: Locks, checkpoint: CheckpointId, options?: LockOptions) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E | Locked, R> =>
    Effect.acquireUseRelease(
      Scope.make(),
      (scope) => Effect.zipRight(Scope.extend(locks.checkpoint(checkpoint, options), scope), self),
      Scope.close
    )
