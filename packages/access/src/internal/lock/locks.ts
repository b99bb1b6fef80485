/** Waiting for locks, holding them, and going on without where they cannot be used. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import { prepare } from "../folder.ts"
import { oneLine } from "../text.ts"
import type { Unusable } from "../unusable.ts"
import { type Attempt, attempt, type Lock } from "./acquire.ts"
import { checkpointOf, fileName, runOf, type Subject } from "./entry.ts"
import { release, renew, renewEvery } from "./hold.ts"
import * as Identity from "./identity.ts"
import { type Held, Locked, type LockOptions, type Locks, type MakeOptions } from "./model.ts"

type Restore = <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

type Taken = Extract<Attempt, { readonly _tag: "Taken" }>

/** How long to wait before the next attempt, in milliseconds: not the same for all who wait. */
const pause = Random.nextIntBetween(500, 1_500)

/**
 * Tries until the lock is taken or nothing is left of the timeout, in milliseconds. Only the sleeps can be interrupted.
 */
const wait = (lock: Lock, left: number, restore: Restore, waited = false): Effect.Effect<Taken, Locked | Unusable> =>
  Effect.flatMap(attempt(lock), (result) => {
    if (result._tag === "Taken") return Effect.succeed({ ...result, wasHeld: waited || result.wasHeld })
    if (left <= 0) {
      const { checkpoint, lock: kind } = lock.subject
      return new Locked({ lock: kind, checkpoint, holder: Option.getOrUndefined(result.holder), path: lock.path })
    }
    return Effect.flatMap(pause, (millis) => {
      const delay = Math.min(millis, left)
      return Effect.zipRight(restore(Effect.sleep(delay)), wait(lock, left - delay, restore, true))
    })
  })

/**
 * Renews the lock until it is lost or the scope is closed, and releases it then. A renewal that has begun comes to its
 * end: a file must not be closed while it is written to.
 */
const hold = (lock: Lock, { token, wasHeld }: Taken): Effect.Effect<Held, never, Scope.Scope> =>
  Effect.gen(function* () {
    const lost = yield* Deferred.make<void>()
    yield* Effect.addFinalizer(() => release(lock, token))
    yield* Effect.sleep(renewEvery).pipe(
      Effect.zipRight(Effect.uninterruptible(renew(lock, token))),
      Effect.repeat({ while: (held) => held }),
      Effect.zipRight(Deferred.succeed(lost, undefined)),
      Effect.interruptible,
      Effect.forkScoped
    )
    return { lost: Deferred.await(lost), wasHeld }
  })

const without: Held = { lost: Effect.never, wasHeld: false }

/**
 * No lock is taken, and nobody is met: every call succeeds at once.
 *
 * @category constructors
 */
export const none: Locks = {
  run: () => Effect.succeed(without),
  checkpoint: () => Effect.succeed(without)
}

/**
 * Locks as files in a folder of their own, for all processes that name the same folder. Does not fail: where the folder
 * cannot be used, because it cannot be written, is a symbolic link or belongs to somebody else, locks warn once and are
 * as {@link none}.
 *
 * A lock is renewed every 10 seconds while it is held. A holder of this machine that has ended is taken over at once,
 * one of another process namespace after 60 seconds without renewal, one with the same `coordinator` after 20. Times
 * come from `Clock` and the file system, tokens from `Random`: processes must not share its seed.
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
 */
export const make = (options: MakeOptions): Effect.Effect<Locks, never, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const { command, coordinator, onWarning = Effect.logWarning, server } = options
    const folder = path.resolve(options.folder)
    const identity = yield* Identity.read(fs, options.process)
    const warned = yield* Ref.make(false)

    const warn = ({ path: where, reason }: Unusable) =>
      Effect.unlessEffect(
        onWarning(oneLine(`going on without locks, so do not start another run meanwhile: ${where}: ${reason}`)),
        Ref.getAndSet(warned, true)
      )

    const acquire = (subject: Subject, timeout: Duration.DurationInput) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          const owner = yield* prepare(fs, path, folder)
          const file = path.join(folder, yield* fileName(subject))
          const lock: Lock = { fs, identity, command, coordinator, subject, path: file, owner }
          return yield* hold(lock, yield* wait(lock, Duration.toMillis(timeout), restore))
        }).pipe(Effect.catchTag("Unusable", (error) => Effect.as(restore(warn(error)), without)))
      )

    return {
      run: ({ timeout = 0 }: LockOptions = {}) => acquire(runOf(server), timeout),
      checkpoint: (checkpoint, { timeout = "5 minutes" }: LockOptions = {}) =>
        acquire(checkpointOf(server, checkpoint), timeout)
    }
  })
