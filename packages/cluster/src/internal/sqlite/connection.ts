/** An SQLite file as a `SqlClient`, by libsql. */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import { SqlError } from "@effect/sql/SqlError"
import * as Statement from "@effect/sql/Statement"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import { isRecord } from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import Database from "libsql"
import { codeOf } from "../sqlError.ts"
import { Durable } from "../store/store.ts"

/**
 * How often, and for how long, a statement is tried that meets the lock of another process. To wait inside SQLite would
 * block this process.
 */
const whileBusy = Schedule.spaced("20 millis").pipe(Schedule.jittered, Schedule.upTo(Duration.seconds(30)))

const isBusy = (error: SqlError): boolean => codeOf(error).startsWith("SQLITE_BUSY")

/** SQLite knows no booleans. */
const bound = (value: unknown): unknown => (typeof value === "boolean" ? Number(value) : value)

const attempt = <A>(evaluate: () => A): Effect.Effect<A, SqlError> =>
  Effect.try({ try: evaluate, catch: (cause) => new SqlError({ cause, message: "Failed to execute statement" }) })

/**
 * The statements of one connection, each as a whole. The very statement that met a lock is tried again: until it is run
 * to its end, or collected, it is in progress, and no transaction of its connection can be committed. So it is not left
 * by an interruption either.
 */
const run = (database: Database.Database, sql: string, params: ReadonlyArray<unknown>, raw: boolean) => {
  const values = params.map(bound)
  const again = <A>(evaluate: () => A) => Effect.retry(attempt(evaluate), { schedule: whileBusy, while: isBusy })
  return Effect.flatMap(SqlClient.SafeIntegers, (safeIntegers) =>
    again(() => {
      const statement = database.prepare(sql).safeIntegers(safeIntegers)
      return raw && statement.reader ? statement.raw(true) : statement
    })
  ).pipe(
    Effect.flatMap((statement) =>
      again((): ReadonlyArray<unknown> => {
        if (statement.reader) return statement.all(...values)
        statement.run(...values)
        return []
      })
    ),
    Effect.uninterruptible
  )
}

const connectionOf = (database: Database.Database, alone: <A, E>(self: Effect.Effect<A, E>) => Effect.Effect<A, E>) => {
  const executeRaw = (sql: string, params: ReadonlyArray<unknown>) =>
    Effect.map(alone(run(database, sql, params, false)), (rows) => rows.filter(isRecord))
  const execute: Connection["execute"] = (sql, params, transform = identity) =>
    Effect.map(executeRaw(sql, params), transform)
  const connection: Connection = {
    execute,
    executeUnprepared: execute,
    executeRaw,
    executeStream: (sql, params, transform) => Stream.fromIterableEffect(execute(sql, params, transform)),
    executeValues: (sql, params) =>
      Effect.map(alone(run(database, sql, params, true)), (rows) => rows.filter(Array.isArray))
  }
  return connection
}

/**
 * Closes the last connection to a file with all that was stored in the file itself, and nothing beside it. While others
 * are open this is refused. `close` would do so, but not while there is a statement that was not collected yet.
 */
const close = (database: Database.Database): Effect.Effect<void> =>
  attempt(() => database.prepare("PRAGMA journal_mode = DELETE").all()).pipe(
    Effect.ignore,
    Effect.zipRight(Effect.sync(() => database.close()))
  )

/**
 * One connection to the file, which is made if it does not exist. Readers of other processes do not wait for a writer
 * (WAL). A transaction is alone on the connection.
 */
const make = (file: string): Effect.Effect<SqlClient.SqlClient, SqlError, Reactivity.Reactivity | Scope.Scope> =>
  Effect.gen(function* () {
    const database = yield* Effect.acquireRelease(
      attempt(() => new Database(file)),
      close
    )
    const inOrder = yield* Effect.makeSemaphore(1)
    const inTransaction = connectionOf(database, identity)
    const pragma = (setting: string) => inTransaction.executeRaw(`PRAGMA ${setting}`, [])
    yield* pragma("journal_mode = WAL")
    return yield* SqlClient.make({
      acquirer: Effect.succeed(connectionOf(database, inOrder.withPermits(1))),
      transactionAcquirer: Effect.uninterruptibleMask((restore) =>
        restore(inOrder.take(1)).pipe(
          Effect.zipRight(Effect.addFinalizer(() => inOrder.release(1))),
          Effect.zipRight(Durable),
          Effect.flatMap((isDurable) => pragma(`synchronous = ${isDurable ? "FULL" : "NORMAL"}`)),
          Effect.as(inTransaction)
        )
      ),
      // Two that read first and write then would refuse each other.
      beginTransaction: "BEGIN IMMEDIATE",
      compiler: Statement.makeCompilerSqlite(),
      spanAttributes: [["db.system.name", "sqlite"]]
    })
  })

export const layer = (file: string): Layer.Layer<SqlClient.SqlClient, SqlError> =>
  Layer.scoped(SqlClient.SqlClient, make(file)).pipe(Layer.provide(Reactivity.layer))
