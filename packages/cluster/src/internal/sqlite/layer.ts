/** The embedded store: a file, and the one process that works on its jobs. */
import type { CheckpointPermissions } from "@checkpoint-permissions/client/CheckpointPermissions"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { type OpenError, StoreUnavailable } from "../../StoreError.ts"
import { exists, orUnavailable, reasonOf, Store } from "../store/store.ts"
import * as connection from "./connection.ts"
import { type LockOptions, type Role, take } from "./role.ts"

/** Nobody else may read who has access to what, or write what a worker then does. */
const ownersOnly = 0o600

/** The file as a `SqlClient`. It is made if it does not exist. */
export const client = (file: string): Layer.Layer<SqlClient.SqlClient, StoreUnavailable, FileSystem.FileSystem> => {
  const create = Effect.flatMap(FileSystem.FileSystem, (fs) =>
    fs.writeFileString(file, "", { flag: "a", mode: ownersOnly })
  )
  return connection.layer(file).pipe(
    Layer.provide(Layer.effectDiscard(create)),
    Layer.mapError((error) => {
      const reason = error._tag === "SqlError" ? reasonOf(error) : error.message
      return new StoreUnavailable({ action: `to open ${file}`, reason })
    })
  )
}

/** The cluster's locks are those of a process that held the file before, and that cannot be alive. */
const forgetLocks: Effect.Effect<void, SqlError, Store> = Effect.flatMap(Store, ({ prefix, sql }) =>
  Effect.forEach(
    [`${prefix}_cluster_locks`, `${prefix}_cluster_runners`],
    (table) => Effect.whenEffect(sql`DELETE FROM ${sql(table)}`, exists(sql, table)),
    { discard: true }
  )
)

/**
 * Works on the jobs of a file while it holds its lock. A process that was frozen
 * for so long that another one took the lock over stops working.
 */
export const worker = <A>(
  file: string,
  options: LockOptions,
  layer: Layer.Layer<A, OpenError, Store | CheckpointPermissions>
): Effect.Effect<Role, OpenError, Store | CheckpointPermissions | FileSystem.FileSystem | Path.Path | Scope.Scope> =>
  Effect.gen(function* () {
    const role = yield* take(file, options)
    if (role._tag === "Caller") return role
    yield* orUnavailable("to begin to work")(forgetLocks)
    const working = yield* Effect.acquireRelease(Scope.make(), Scope.close)
    yield* Layer.buildWithScope(layer, working)
    yield* Effect.forkScoped(
      Effect.interruptible(
        Effect.zipRight(
          role.lost,
          Effect.zipRight(
            Effect.logWarning(`another process works on the jobs of ${file} now`),
            Scope.close(working, Exit.void)
          )
        )
      )
    )
    return role
  })
