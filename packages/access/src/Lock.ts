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
 * No lock is taken, and nobody is met: every call succeeds at once.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Lock } from "@checkpoint-permissions/access"
 * import { Identifiers } from "@checkpoint-permissions/core"
 * import { Effect } from "effect"
 *
 * const checkpoint = Identifiers.CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
 * const done = Effect.succeed("done").pipe(Lock.withCheckpoint(Lock.none, checkpoint))
 * assert.equal(await Effect.runPromise(done), "done")
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const none: Locks = internal.none

/**
 * Locks as files in a folder of their own, for all processes that name the same
 * folder. Does not fail: where the folder cannot be used, because it cannot be
 * written, is a symbolic link or belongs to somebody else, locks warn once and
 * are as {@link none}.
 *
 * A lock is renewed every 10 seconds while it is held. A holder of this machine
 * that has ended is taken over at once, one of another process namespace after
 * 60 seconds without renewal. Times come from `Clock` and the file system,
 * tokens from `Random`: processes must not share its seed.
 *
 * @example
 * ```ts
 * import { Access, Lock } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import type { Identifiers } from "@checkpoint-permissions/core"
 * import { Console, Effect } from "effect"
 *
 * const granted = Effect.fn(function* (checkpoint: Identifiers.CheckpointId, project: Identifiers.ProjectId) {
 *   const locks = yield* Lock.make({
 *     folder: "/var/lib/access-bot/locks",
 *     server: yield* CheckpointPermissions.server,
 *     command: "access-bot",
 *     onWarning: (line) => Console.error(line)
 *   })
 *   return yield* Lock.withCheckpoint(locks, checkpoint)(Access.grant(checkpoint, [project]))
 * })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: (options: MakeOptions) => Effect.Effect<Locks, never, FileSystem.FileSystem | Path.Path> =
  internal.make

/**
 * Holds the lock of a checkpoint while an effect runs, and releases it however
 * that ends. Fails with `Locked`, and does not begin, if somebody else still
 * holds the lock after the timeout (5 minutes by default).
 *
 * Take it once: an effect inside that takes the same lock waits for itself.
 *
 * @example
 * ```ts
 * import { Access, Lock } from "@checkpoint-permissions/access"
 * import type { Identifiers } from "@checkpoint-permissions/core"
 *
 * const urgently = (locks: Lock.Locks, checkpoint: Identifiers.CheckpointId, project: Identifiers.ProjectId) =>
 *   Access.revoke(checkpoint, [project]).pipe(Lock.withCheckpoint(locks, checkpoint, { timeout: "30 seconds" }))
 * ```
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
