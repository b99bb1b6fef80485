/** The embedded store: a file, and the one process that works on its jobs. */
import * as Lock from "@checkpoint-permissions/access/Lock"
import type { CheckpointPermissions } from "@checkpoint-permissions/client/CheckpointPermissions"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import type { Kind } from "../../Job.ts"
import { type OpenError, StoreUnavailable } from "../../StoreError.ts"
import { reasonOf } from "../sqlError.ts"
import { list } from "../store/jobs.ts"
import { exists, orUnavailable, Store } from "../store/store.ts"
import * as connection from "./connection.ts"

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

export interface Options {
  readonly command: string
  readonly process?: Lock.MakeOptions["process"]
  readonly only?: ReadonlyArray<Kind> | undefined
}

export type Role =
  | { readonly _tag: "Worker"; readonly lost: Effect.Effect<void> }
  | {
      readonly _tag: "Caller"
      readonly holder: Option.Option<Lock.Holder>
      readonly tookOver: Effect.Effect<boolean>
    }

/** This process is not to work on the jobs: another one holds the lock, or there is a job of another kind. */
class Busy extends Data.TaggedError("Busy")<{ readonly holder: Option.Option<Lock.Holder> }> {}

/**
 * Takes the lock of a file, as the locks of checkpoints are taken. Unlike these it is no courtesy: without it nobody
 * works on the jobs.
 */
const lock = (file: string, { command, process }: Options) =>
  Effect.gen(function* () {
    let warning: string | undefined
    const locks = yield* Lock.make({
      folder: `${file}.lock`,
      server: { apiUrl: file },
      command,
      process,
      onWarning: (line) =>
        Effect.sync(() => {
          warning = line
        })
    })
    const held = yield* Effect.catchTag(
      locks.run(),
      "Locked",
      ({ holder }) => new Busy({ holder: Option.fromNullable(holder) })
    )
    return warning === undefined ? held : yield* new StoreUnavailable({ action: "to lock it", reason: warning })
  })

/** Takes the lock, unless there is a job that this process is not to work on: it may be half done. */
const take = (file: string, options: Options) =>
  Effect.gen(function* () {
    const { only } = options
    const store = yield* Store
    const unlessOthers =
      only === undefined
        ? Effect.void
        : Effect.filterOrFail(
            orUnavailable("to look for jobs")(list(store, { active: true })),
            (jobs) => jobs.every(({ kind }) => only.includes(kind)),
            () => new Busy({ holder: Option.none() })
          )
    yield* unlessOthers
    const holding = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.sequential)
    return yield* lock(file, options).pipe(
      // Whoever held it before may have left such a job.
      Effect.zipLeft(unlessOthers),
      Scope.extend(holding),
      Effect.onError((cause) => Scope.close(holding, Exit.failCause(cause)))
    )
  })

/** Works on the jobs of a file while it holds its lock: at once, or when the process that holds it has ended. */
export const worker = <A>(
  file: string,
  options: Options,
  layer: Layer.Layer<A, OpenError, Store | CheckpointPermissions>
): Effect.Effect<Role, OpenError, Store | CheckpointPermissions | FileSystem.FileSystem | Path.Path | Scope.Scope> => {
  /** Until the lock is lost, as by a process that was frozen for so long that another one took it over. */
  const work = ({ lost }: Lock.Held) =>
    Effect.gen(function* () {
      yield* orUnavailable("to begin to work")(forgetLocks)
      const working = yield* Effect.acquireRelease(Scope.make(), Scope.close)
      yield* Layer.buildWithScope(layer, working)
      yield* lost.pipe(
        Effect.zipRight(Effect.logWarning(`another process works on the jobs of ${file} now`)),
        Effect.zipRight(Scope.close(working, Exit.void)),
        Effect.interruptible,
        Effect.forkScoped
      )
    })
  const taken = take(file, options)
  const waiting = (holder: Option.Option<Lock.Holder>) =>
    Effect.gen(function* () {
      const tookOver = yield* Ref.make(false)
      yield* taken.pipe(
        Effect.retry({ schedule: Schedule.spaced("1 second"), while: ({ _tag }) => _tag === "Busy" }),
        Effect.zipLeft(Ref.set(tookOver, true)),
        Effect.flatMap(work),
        Effect.catchAll(({ message }) => Effect.logWarning(message)),
        Effect.interruptible,
        Effect.forkScoped
      )
      return { _tag: "Caller", holder, tookOver: Ref.get(tookOver) } as const
    })
  return taken.pipe(
    Effect.tap(work),
    Effect.map(({ lost }): Role => ({ _tag: "Worker", lost })),
    Effect.catchTag("Busy", ({ holder }) => waiting(holder))
  )
}
