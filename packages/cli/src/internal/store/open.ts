/** Opens a store of jobs, or says in one line why it cannot be opened; and who works on its jobs. */
import type { Locks } from "@checkpoint-permissions/access/Lock"
import type { Kind } from "@checkpoint-permissions/cluster/Job"
import * as Jobs from "@checkpoint-permissions/cluster/Jobs"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as SqlClient from "@effect/sql/SqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { type Failed, failed, wrongUse } from "../failure.ts"
import { Host } from "../host.ts"
import { variable } from "../input/environment.ts"
import type { ServerOptions } from "../server/server.ts"
import * as Screen from "../terminal/screen.ts"
import type { Postgres, SqliteFile, StoreAddress } from "./address.ts"

/** Of a host with several addresses, the error that names them is an empty one. */
const reasonOf = (cause: unknown): string => {
  const reason = cause instanceof Error && cause.message !== "" ? cause.message : undefined
  const code = Predicate.hasProperty(cause, "code") ? String(cause.code) : "no answer"
  return (reason ?? code).replace(/\s+/g, " ")
}

/** A machine that has much to do, or a database that has just started, answers late. */
const connectTimeout = "15 seconds"

/** The connections of this process to a database. */
export const postgres = ({ name, url }: Postgres): Layer.Layer<SqlClient.SqlClient, Failed> =>
  PgClient.layer({ url, applicationName: "checkpoint-permissions", connectTimeout }).pipe(
    Layer.mapError(({ cause }) =>
      failed(`the store ${name} cannot be reached: ${reasonOf(cause)}; check --store, and that it is up`)
    )
  )

/** SQLite's library has a part in machine code, which is installed only where it is wanted. */
const sqlite = Effect.tryPromise({
  try: () => import("@checkpoint-permissions/cluster/Cluster"),
  catch: (cause) =>
    failed(
      /libsql/.test(reasonOf(cause))
        ? "a store in SQLite needs libsql, which is not installed beside this program: npm install libsql (with --global if this program is), or use postgres://"
        : `a store in SQLite cannot be used here: ${reasonOf(cause)}`
    )
})

/** The jobs of a store that is there already. */
const jobsOf = (store: StoreAddress) =>
  store._tag === "Postgres"
    ? Layer.provide(Jobs.layer(), postgres(store))
    : Layer.unwrapEffect(Effect.map(sqlite, ({ layerSqliteJobs }) => layerSqliteJobs(store.file)))

/** Runs with the jobs of a store, and never makes a file that is not there. */
export const withJobs = <A, E, R>(store: StoreAddress, use: (jobs: Jobs.Service) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    if (store._tag === "Sqlite") {
      const fs = yield* FileSystem.FileSystem
      if (!(yield* Effect.orElseSucceed(fs.exists(store.file), () => true))) {
        return yield* wrongUse(`--store: there is no file ${store.file}: apply and worker make one`)
      }
    }
    return yield* Effect.provide(Effect.flatMap(Jobs.Jobs, use), jobsOf(store))
  })

/** The jobs of a store, and who works on them. */
export interface Workplace {
  readonly jobs: Jobs.Service
  /** Whether the jobs wait when this process ends. */
  readonly worksHere: Effect.Effect<boolean>
}

export const hasKey = ({ adminKeyFile }: ServerOptions): Effect.Effect<boolean> =>
  Option.isSome(adminKeyFile)
    ? Effect.succeed(true)
    : Effect.map(variable("OPENAI_ADMIN_KEY"), (key) => key !== undefined)

/** Others do the work: of a file whoever has a key, which is said. */
export const elsewhere = (name: string, store: StoreAddress) =>
  Effect.gen(function* () {
    if (store._tag === "Sqlite") {
      yield* Screen.complain(
        `${name}: there is no admin key here, so another process has to do the work: checkpoint-permissions worker --store ${store.name}`
      )
    }
    const workplace: Workplace = {
      jobs: Context.get(yield* Layer.build(jobsOf(store)), Jobs.Jobs),
      worksHere: Effect.succeed(false)
    }
    return workplace
  })

/** A file whose worker this process is, at once or when the one that is has ended. */
export const workedOn = (
  name: string,
  { file }: SqliteFile,
  options: { readonly locks?: Locks; readonly only?: ReadonlyArray<Kind> }
) =>
  Effect.gen(function* () {
    const { layerSqlite, Role } = yield* sqlite
    const { name: process } = yield* Host
    const context = yield* Layer.build(layerSqlite(file, { command: name, process, ...options }))
    const role = Context.get(context, Role)
    const workplace: Workplace = {
      jobs: Context.get(context, Jobs.Jobs),
      worksHere: role._tag === "Worker" ? Effect.succeed(true) : role.tookOver
    }
    return { role, workplace }
  })
