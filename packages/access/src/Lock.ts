/**
 * Locks for the runs of one user on one machine, as files: two applies at once, or an apply and an urgent revoke of the
 * same checkpoint, take turns.
 *
 * They are a courtesy, not the guarantee: whoever writes reads back, with or without a lock. Where the lock files
 * cannot be written, a run warns once and goes on.
 *
 * @since 0.1.0
 */
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type { Locked, LockOptions, Locks } from "./internal/lock/model.ts"

export { make, none } from "./internal/lock/locks.ts"
export { type Held, Holder, Locked, type LockOptions, type Locks, type MakeOptions } from "./internal/lock/model.ts"

/**
 * Holds the lock of a checkpoint while an effect runs, and releases it however that ends. Fails with `Locked`, and does
 * not begin, if somebody else still holds the lock after the timeout (5 minutes by default).
 *
 * Take it once: an effect inside that takes the same lock waits for itself.
 *
 * @category combinators
 */
export const withCheckpoint =
  (locks: Locks, checkpoint: CheckpointId, options?: LockOptions) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E | Locked, R> =>
    Effect.acquireUseRelease(
      Scope.make(),
      (scope) => Effect.zipRight(Scope.extend(locks.checkpoint(checkpoint, options), scope), self),
      Scope.close
    )
