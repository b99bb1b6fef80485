/** The embedded store: a file, and the one process that works on its jobs. */
import type { CheckpointPermissions } from "@checkpoint-permissions/client/CheckpointPermissions"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import type { Kind } from "../../Job.ts"
import { type OpenError, StoreUnavailable } from "../../StoreError.ts"
import { list } from "../store/jobs.ts"
import { exists, orUnavailable, reasonOf, Store } from "../store/store.ts"
import * as connection from "./connection.ts"
import { type LockOptions, type Role, type Taken, take } from "./role.ts"

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

/** Works until the lock is lost, as by a process that was frozen for so long that another one took it over. */
const work = <A>(
  file: string,
  lost: Effect.Effect<void>,
  layer: Layer.Layer<A, OpenError, Store | CheckpointPermissions>
): Effect.Effect<void, OpenError, Store | CheckpointPermissions | Scope.Scope> =>
  Effect.gen(function* () {
    yield* orUnavailable("to begin to work")(forgetLocks)
    const working = yield* Effect.acquireRelease(Scope.make(), Scope.close)
    yield* Layer.buildWithScope(layer, working)
    yield* Effect.forkScoped(
      Effect.interruptible(
        Effect.zipRight(
          lost,
          Effect.zipRight(
            Effect.logWarning(`another process works on the jobs of ${file} now`),
            Scope.close(working, Exit.void)
          )
        )
      )
    )
  })

export interface Options extends LockOptions {
  readonly only?: ReadonlyArray<Kind> | undefined
}

const nobody: Taken = { _tag: "Caller", holder: Option.none() }

/** Takes the lock, unless there is a job that this process is not to work on: it may be half done. */
const takeFor = (file: string, { only, ...options }: Options) =>
  Effect.gen(function* () {
    const store = yield* Store
    const mayWork =
      only === undefined
        ? Effect.succeed(true)
        : Effect.map(orUnavailable("to look for jobs")(list(store, { active: true })), (jobs) =>
            jobs.every(({ kind }) => only.includes(kind))
          )
    if (!(yield* mayWork)) return nobody
    const holding = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.sequential)
    const taken = yield* Scope.extend(take(file, options), holding)
    // Whoever held it before may have left such a job.
    if (taken._tag === "Worker" && (yield* mayWork)) return taken
    yield* Scope.close(holding, Exit.void)
    return taken._tag === "Caller" ? taken : nobody
  })

/** Works on the jobs of a file while it holds its lock: at once, or when the process that holds it has ended. */
export const worker = <A>(
  file: string,
  options: Options,
  layer: Layer.Layer<A, OpenError, Store | CheckpointPermissions>
): Effect.Effect<Role, OpenError, Store | CheckpointPermissions | FileSystem.FileSystem | Path.Path | Scope.Scope> =>
  Effect.gen(function* () {
    const taken = yield* takeFor(file, options)
    if (taken._tag === "Worker") {
      yield* work(file, taken.lost, layer)
      return taken
    }
    const tookOver = yield* Ref.make(false)
    const whenFree: Effect.Effect<
      void,
      OpenError,
      Store | CheckpointPermissions | FileSystem.FileSystem | Path.Path | Scope.Scope
    > = Effect.flatMap(takeFor(file, options), (later) =>
      later._tag === "Worker"
        ? Effect.zipRight(Ref.set(tookOver, true), work(file, later.lost, layer))
        : Effect.zipRight(Effect.sleep("1 second"), whenFree)
    )
    yield* whenFree.pipe(
      Effect.catchAll(({ message }) => Effect.logWarning(message)),
      Effect.interruptible,
      Effect.forkScoped
    )
    return { ...taken, tookOver: Ref.get(tookOver) }
  })
