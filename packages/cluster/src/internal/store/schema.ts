/** The tables. */
import type * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { type OpenError, StoreVersionMismatch } from "../../StoreError.ts"
import { isContention } from "../sqlError.ts"
import { Count, decoded } from "./rows.ts"
import { make, orUnavailable, type Service, Store } from "./store.ts"

/** Of the tables. A store of another version is left alone. */
export const version = 1

/** Postgres refuses all but one of those who make the same tables at once: the next attempt finds them. */
export const whileOthersMakeThem = Schedule.spaced("100 millis").pipe(
  Schedule.jittered,
  Schedule.upTo("1 minute"),
  Schedule.whileInput((error: unknown) => error instanceof SqlError && isContention(error))
)

const statements = ({ prefix, sql, tables }: Service) => {
  const isPg = sql.onDialectOrElse({ pg: () => true, orElse: () => false })
  const number = sql.literal(isPg ? "BIGINT" : "INTEGER")
  const id = sql.literal(isPg ? "BIGSERIAL PRIMARY KEY" : "INTEGER PRIMARY KEY AUTOINCREMENT")
  return [
    sql`CREATE TABLE IF NOT EXISTS ${tables.jobs} (
      id ${id}, scope VARCHAR(16) NOT NULL, kind VARCHAR(16) NOT NULL,
      api_url TEXT NOT NULL, organization TEXT, digest VARCHAR(128) NOT NULL, plan VARCHAR(128), max_revokes ${number},
      actor TEXT, state VARCHAR(16) NOT NULL, outcome VARCHAR(16), reason TEXT, stopping INTEGER NOT NULL,
      created_at ${number} NOT NULL, started_at ${number}, ended_at ${number}, deadline ${number} NOT NULL,
      total ${number} NOT NULL, finished ${number} NOT NULL, complete ${number} NOT NULL,
      last_event ${number} NOT NULL)`,
    // At most one active job wants the same.
    sql`CREATE UNIQUE INDEX IF NOT EXISTS ${sql(`${prefix}_jobs_active`)}
      ON ${tables.jobs} (scope, kind, digest) WHERE state <> 'ended'`,
    sql`CREATE TABLE IF NOT EXISTS ${tables.tasks} (
      job ${number} NOT NULL, position ${number} NOT NULL, entity VARCHAR(64) NOT NULL, checkpoint TEXT NOT NULL,
      task TEXT NOT NULL, state VARCHAR(16) NOT NULL, attempt ${number} NOT NULL,
      PRIMARY KEY (job, position))`,
    sql`CREATE TABLE IF NOT EXISTS ${tables.touched} (entity VARCHAR(64) PRIMARY KEY, job ${number} NOT NULL)`,
    sql`CREATE TABLE IF NOT EXISTS ${tables.events} (
      job ${number} NOT NULL, number ${number} NOT NULL, at ${number} NOT NULL, body TEXT NOT NULL,
      PRIMARY KEY (job, number))`
  ]
}

/** Makes the tables where they are missing, and refuses those of another version. */
const open = (store: Service): Effect.Effect<void, OpenError> => {
  const { sql, tables } = store
  const versions = decoded(Schema.Array(Schema.Struct({ version: Count })))(sql`SELECT version FROM ${tables.store}`)
  return Effect.gen(function* () {
    yield* sql`CREATE TABLE IF NOT EXISTS ${tables.store} (version INTEGER NOT NULL)`
    const [found] = yield* versions
    if (found !== undefined && found.version !== version) {
      return yield* new StoreVersionMismatch({ found: found.version, expected: version })
    }
    yield* Effect.forEach(statements(store), (statement) => statement, { discard: true })
    if (found === undefined) yield* sql`INSERT INTO ${tables.store} ${sql.insert({ version })}`
  }).pipe(sql.withTransaction, Effect.retry(whileOthersMakeThem), orUnavailable("to open it"))
}

/** The store in a database, with its tables. */
export const layer = (prefix = "checkpoint_permissions"): Layer.Layer<Store, OpenError, SqlClient.SqlClient> =>
  Layer.effect(Store, Effect.tap(make(prefix), open))
