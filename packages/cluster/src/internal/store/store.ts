/** What every query of the store is made with. */
import * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { StoreUnavailable } from "../../StoreError.ts"
import { reasonOf } from "../sqlError.ts"

/** The tables; `touched` has for each checkpoint the latest job that has begun to change it. */
export type Tables = Readonly<Record<"store" | "jobs" | "tasks" | "touched" | "events", Fragment>>

export interface Service {
  readonly sql: SqlClient.SqlClient
  /** What the names of all tables begin with. */
  readonly prefix: string
  readonly tables: Tables
  /** The time by the clock of the database, in milliseconds: the clocks of the machines may differ. */
  readonly now: Fragment
  readonly forUpdate: Fragment
}

/**
 * Whether a transaction has to survive a power failure, as everything that a server database acknowledges does. SQLite
 * is told for each transaction: it takes some milliseconds, in which nothing else is done.
 */
export class Durable extends Context.Reference<Durable>()("@checkpoint-permissions/cluster/Durable", {
  defaultValue: () => false
}) {}

/** The tables of jobs in a database. */
export class Store extends Context.Tag("@checkpoint-permissions/cluster/Store")<Store, Service>() {}

/** For how long a transaction may wait for its process, in milliseconds: less than it takes to miss a worker. */
const idleTimeout = 15_000

/**
 * For how long a statement of a transaction may wait for a lock, in milliseconds: less than the above. Otherwise the
 * transactions of a frozen process that wait for one another get the lock one after the other, and each keeps it that
 * long.
 */
const lockTimeout = 10_000

/**
 * The client of a Postgres, whose transactions the database ends when their process stands still. One that is frozen or
 * cut off in the middle would keep its locks, and all others would wait for it. The transactions of the cluster's own
 * tables are among them.
 */
const withTimeouts = (client: SqlClient.SqlClient): SqlClient.SqlClient => {
  const limit = client`SELECT set_config('idle_in_transaction_session_timeout', ${String(idleTimeout)}, true),
    set_config('lock_timeout', ${String(lockTimeout)}, true)`
  const withTransaction: SqlClient.SqlClient["withTransaction"] = (self) =>
    client.withTransaction(Effect.zipRight(limit, self))
  const limited: SqlClient.SqlClient = new Proxy(client, {
    get: (target, key) => {
      if (key === "withTransaction") return withTransaction
      return key === "withoutTransforms" ? () => limited : Reflect.get(target, key)
    }
  })
  return limited
}

export const make = (prefix: string): Effect.Effect<Service, never, SqlClient.SqlClient> =>
  Effect.map(SqlClient.SqlClient, (client) => {
    const plain = client.withoutTransforms()
    const sql = plain.onDialectOrElse({ pg: () => withTimeouts(plain), orElse: () => plain })
    return {
      sql,
      prefix,
      tables: {
        store: sql`${sql(`${prefix}_store`)}`,
        jobs: sql`${sql(`${prefix}_jobs`)}`,
        tasks: sql`${sql(`${prefix}_tasks`)}`,
        touched: sql`${sql(`${prefix}_touched`)}`,
        events: sql`${sql(`${prefix}_events`)}`
      },
      now: sql.onDialectOrElse({
        pg: () => sql.literal("CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"),
        orElse: () => sql.literal("CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)")
      }),
      forUpdate: sql.onDialectOrElse({ pg: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })
    }
  })

/** For functions over a store whose statements belong together. */
export const inTransaction = <A, E, R>(self: Effect.Effect<A, E, R>, { sql }: Service) => sql.withTransaction(self)

/** Whether there is a table: those of the cluster are made by the first worker. */
export const exists = (sql: SqlClient.SqlClient, table: string): Effect.Effect<boolean, SqlError> =>
  Effect.map(
    sql.onDialectOrElse({
      pg: () => sql`SELECT 1 WHERE to_regclass(${table}) IS NOT NULL`,
      orElse: () => sql`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ${table}`
    }),
    (found) => found.length > 0
  )

/** Says what was to be done when the database did not answer. */
export const orUnavailable =
  (action: string) =>
  <A, E, R>(self: Effect.Effect<A, E | SqlError, R>): Effect.Effect<A, Exclude<E, SqlError> | StoreUnavailable, R> =>
    Effect.catchIf(
      self,
      (error): error is Extract<E | SqlError, SqlError> => error instanceof SqlError,
      (error) => new StoreUnavailable({ action, reason: reasonOf(error) })
    )
