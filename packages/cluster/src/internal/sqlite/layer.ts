/** The embedded store: a file, and the one process that works on its jobs. */
import * as Lock from "@checkpoint-permissions/access/Lock"
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

/**
 * The lock of a file, as the locks of checkpoints are. Unlike these it is no courtesy: without it nobody works on the
 * jobs.
 */
const lock = (file: string, { command, process }: Options) =>
  Effect.gen(function* () {
    const warning = yield* Ref.make(Option.none<string>())
    const locks = yield* Lock.make({
      folder: `${file}.lock`,
      server: { apiUrl: file },
      command,
      process,
      onWarning: (line) => Ref.set(warning, Option.some(line))
    })
    const held = yield* locks.run()
    const reason = yield* Ref.get(warning)
    return Option.isNone(reason) ? held : yield* new StoreUnavailable({ action: "to lock it", reason: reason.value })
  })

/** Works on the jobs of a file while it holds its lock: at once, or when the process that holds it has ended. */
export const worker = <A>(
  file: string,
  options: Options,
  layer: Layer.Layer<A, OpenError, Store | CheckpointPermissions>
): Effect.Effect<Role, OpenError, Store | CheckpointPermissions | FileSystem.FileSystem | Path.Path | Scope.Scope> => {
  const { only } = options
  /** A job that this process is not to work on may be half done. */
  const unlessOthers = Effect.flatMap(Store, (store) =>
    Effect.filterOrFail(
      orUnavailable("to look for jobs")(list(store, { active: true })),
      (jobs) => only === undefined || jobs.every(({ kind }) => only.includes(kind)),
      () => new Lock.Locked({ lock: "run", path: file })
    )
  )
  const begin = unlessOthers.pipe(
    Effect.zipRight(lock(file, options)),
    // Whoever held it before may have left such a job.
    Effect.zipLeft(unlessOthers),
    Effect.zipLeft(orUnavailable("to begin to work")(forgetLocks)),
    Effect.zipLeft(Layer.build(layer))
  )
  /** Until the lock is lost, as by a process that was frozen for so long that another one took it over. */
  const work = Effect.gen(function* () {
    const working = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.sequential)
    const { lost } = yield* begin.pipe(
      Scope.extend(working),
      Effect.onError((cause) => Scope.close(working, Exit.failCause(cause)))
    )
    yield* lost.pipe(
      Effect.zipRight(Effect.logWarning(`another process works on the jobs of ${file} now`)),
      Effect.zipRight(Scope.close(working, Exit.void)),
      Effect.interruptible,
      Effect.forkScoped
    )
    return lost
  })
  const waiting = ({ holder }: Lock.Locked) =>
    Effect.gen(function* () {
      const tookOver = yield* Ref.make(false)
      yield* work.pipe(
        Effect.retry({ schedule: Schedule.spaced("1 second"), while: ({ _tag }) => _tag === "Locked" }),
        Effect.zipRight(Ref.set(tookOver, true)),
        Effect.catchAll(({ message }) => Effect.logWarning(message)),
        Effect.interruptible,
        Effect.forkScoped
      )
      return { _tag: "Caller", holder: Option.fromNullable(holder), tookOver: Ref.get(tookOver) } as const
    })
  return work.pipe(
    Effect.map((lost): Role => ({ _tag: "Worker", lost })),
    Effect.catchTag("Locked", waiting)
  )
}
