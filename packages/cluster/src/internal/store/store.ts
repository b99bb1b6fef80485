/** What every query of the store is made with. */
import * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { StoreUnavailable } from "../../StoreError.ts"

export interface Tables {
  readonly store: Fragment
  readonly jobs: Fragment
  /** The checkpoints of each job, with what is to be done there. */
  readonly tasks: Fragment
  /** For each checkpoint the latest job that has begun to change it. */
  readonly touched: Fragment
  readonly events: Fragment
}

export interface Service {
  readonly sql: SqlClient.SqlClient
  /** What the names of all tables begin with. */
  readonly prefix: string
  readonly tables: Tables
  /** The time by the clock of the database, in milliseconds: the clocks of the machines may differ. */
  readonly now: Fragment
  /** Locks the rows that a query reads until the transaction ends. */
  readonly forUpdate: Fragment
  /** Runs as one transaction, which holds its locks no longer than `idleTimeout` when its process stands still. */
  readonly transaction: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E | SqlError, R>
}

/**
 * For how long a transaction may wait for its process, in milliseconds. A process
 * that is frozen or cut off in the middle of one would hold its locks for as long,
 * and all workers of its job would wait. Far less than it takes until another
 * worker takes over.
 */
export const idleTimeout = 15_000

/**
 * Whether a transaction has to survive a power failure, as everything that a
 * server database acknowledges does. SQLite is told for each transaction: it
 * takes some milliseconds, in which nothing else is done.
 */
export class Durable extends Context.Reference<Durable>()("@checkpoint-permissions/cluster/Durable", {
  defaultValue: () => false
}) {}

/** The tables of jobs in a database. */
export class Store extends Context.Tag("@checkpoint-permissions/cluster/Store")<Store, Service>() {}

export const make = (prefix: string): Effect.Effect<Service, never, SqlClient.SqlClient> =>
  Effect.map(SqlClient.SqlClient, (client) => {
    const sql = client.withoutTransforms()
    const bounded = sql.onDialectOrElse({
      pg: (): Effect.Effect<unknown, SqlError> =>
        sql`SELECT set_config('idle_in_transaction_session_timeout', ${String(idleTimeout)}, true)`,
      orElse: () => Effect.void
    })
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
      forUpdate: sql.onDialectOrElse({ pg: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") }),
      transaction: (self) => sql.withTransaction(Effect.zipRight(bounded, self))
    }
  })

/** Whether there is a table: those of the cluster are made by the first worker. */
export const exists = (sql: SqlClient.SqlClient, table: string): Effect.Effect<boolean, SqlError> =>
  Effect.map(
    sql.onDialectOrElse({
      pg: () => sql`SELECT 1 WHERE to_regclass(${table}) IS NOT NULL`,
      orElse: () => sql`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ${table}`
    }),
    (found) => found.length > 0
  )

/** What the database says, on one line. */
export const reasonOf = ({ cause, message }: SqlError): string => {
  const reason = cause instanceof Error && cause.message !== "" ? cause.message : message
  return reason.replace(/\s+/g, " ").slice(0, 300)
}

/** Says what was to be done when the database did not answer. */
export const orUnavailable =
  (action: string) =>
  <A, E, R>(self: Effect.Effect<A, E | SqlError, R>): Effect.Effect<A, Exclude<E, SqlError> | StoreUnavailable, R> =>
    Effect.catchIf(
      self,
      (error): error is Extract<E | SqlError, SqlError> => error instanceof SqlError,
      (error) => new StoreUnavailable({ action, reason: reasonOf(error) })
    )
