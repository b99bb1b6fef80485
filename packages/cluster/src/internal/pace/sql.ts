/** One turn in each interval as one statement of SQL, by the clock of the database: `test/pace/turn.ts` as a rule. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type * as Statement from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import { codeOf, isContention, reasonOf } from "../sqlError.ts"
import { type Ask, StoreAway } from "./store.ts"

/**
 * Milliseconds since the epoch, when the statement holds the row: not when it began, which may be before another's
 * turn.
 */
export const clockOf = (sql: SqlClient.SqlClient): Statement.Fragment =>
  sql.onDialectOrElse({
    pg: () => sql.literal("(extract(epoch from clock_timestamp()) * 1000)::double precision"),
    orElse: () => sql.literal("unixepoch('subsec') * 1000.0")
  })

export const createTable = (sql: SqlClient.SqlClient, table: string) =>
  sql`CREATE TABLE IF NOT EXISTS ${sql(table)} (
    ${sql("key")} ${sql.literal("TEXT PRIMARY KEY")},
    taken_at DOUBLE PRECISION NOT NULL,
    cost DOUBLE PRECISION NOT NULL,
    last_wait DOUBLE PRECISION NOT NULL
  )`

/** The statement returns how long to wait. `last_wait` is there for that only: a statement returns what it wrote. */
export const takeTurn = (
  sql: SqlClient.SqlClient,
  table: string,
  key: string,
  cost: number,
  clock: Statement.Fragment
): Statement.Statement<{ readonly last_wait: unknown }> => {
  const costSql = sql`CAST(${cost} AS DOUBLE PRECISION)`
  return sql`INSERT INTO ${sql(table)} AS t (${sql("key")}, taken_at, cost, last_wait)
    VALUES (${key}, ${clock}, ${costSql}, 0)
    ON CONFLICT (${sql("key")}) DO UPDATE SET (taken_at, cost, last_wait) = (
      SELECT
        CASE WHEN c.now - t.taken_at >= t.cost OR c.now < t.taken_at THEN c.now ELSE t.taken_at END,
        CASE WHEN c.now - t.taken_at >= t.cost THEN ${costSql} ELSE t.cost END,
        CASE
          WHEN c.now - t.taken_at >= t.cost THEN 0
          WHEN c.now < t.taken_at THEN t.cost
          ELSE t.cost - (c.now - t.taken_at)
        END
      FROM (SELECT ${clock} AS now) AS c
    )
    RETURNING last_wait`
}

/** Of Postgres and of SQLite: the table is not there. */
const isMissingTable = (error: SqlError): boolean => codeOf(error) === "42P01" || /no such table/.test(reasonOf(error))

/** When a statement that was given up is made again: milliseconds. */
const contentionDelay = 50

export const make = (sql: SqlClient.SqlClient, table: string): Ask => {
  const clock = clockOf(sql)
  return (key, cost) => {
    const statement = takeTurn(sql, table, key, cost, clock)
    return statement.pipe(
      Effect.catchIf(isMissingTable, () => Effect.zipRight(createTable(sql, table), statement)),
      Effect.map(([row]): unknown => row?.last_wait),
      Effect.catchTag("SqlError", (error) =>
        isContention(error)
          ? Effect.succeed(Math.min(cost, contentionDelay))
          : new StoreAway({ message: reasonOf(error) })
      )
    )
  }
}
