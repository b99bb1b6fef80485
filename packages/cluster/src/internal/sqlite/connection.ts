/** An SQLite file as a `SqlClient`, by libsql. */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection, Row } from "@effect/sql/SqlConnection"
import { SqlError } from "@effect/sql/SqlError"
import * as Statement from "@effect/sql/Statement"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
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
const run = (database: Database.Database, raw: boolean) => (sql: string, params: ReadonlyArray<unknown>) =>
  Effect.contextWithEffect((context: Context.Context<never>) => {
    const values = params.map(bound)
    const prepare = attempt(() => {
      const statement = database.prepare(sql)
      statement.safeIntegers(Context.get(context, SqlClient.SafeIntegers))
      return raw && statement.reader ? statement.raw(true) : statement
    })
    const again = <A>(self: Effect.Effect<A, SqlError>): Effect.Effect<A, SqlError> =>
      Effect.retry(self, { schedule: whileBusy, while: isBusy })
    return Effect.flatMap(again(prepare), (statement) =>
      again(
        attempt((): ReadonlyArray<unknown> => {
          if (statement.reader) return statement.all(...values)
          statement.run(...values)
          return []
        })
      )
    )
  }).pipe(Effect.uninterruptible)

const isRow = (value: unknown): value is Row => typeof value === "object" && value !== null && !Array.isArray(value)
const isValues = (value: unknown): value is ReadonlyArray<unknown> => Array.isArray(value)

const connectionOf = (database: Database.Database, alone: <A, E>(self: Effect.Effect<A, E>) => Effect.Effect<A, E>) => {
  const rows = (sql: string, params: ReadonlyArray<unknown>) =>
    alone(Effect.map(run(database, false)(sql, params), (found) => found.filter(isRow)))
  const execute: Connection["execute"] = (sql, params, transform = identity) => Effect.map(rows(sql, params), transform)
  const connection: Connection = {
    execute,
    executeUnprepared: execute,
    executeRaw: rows,
    executeStream: (sql, params, transform) => Stream.fromIterableEffect(execute(sql, params, transform)),
    executeValues: (sql, params) =>
      alone(Effect.map(run(database, true)(sql, params), (found) => found.filter(isValues)))
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
      Effect.try({
        try: () => new Database(file),
        catch: (cause) => new SqlError({ cause, message: "Failed to open the file" })
      }),
      close
    )
    const inOrder = yield* Effect.makeSemaphore(1)
    const inTransaction = connectionOf(database, (self) => self)
    yield* inTransaction.execute("PRAGMA journal_mode = WAL", [], undefined)
    const prepare = Effect.flatMap(Durable, (isDurable) =>
      inTransaction.execute(`PRAGMA synchronous = ${isDurable ? "FULL" : "NORMAL"}`, [], undefined)
    )
    return yield* SqlClient.make({
      acquirer: Effect.succeed(connectionOf(database, inOrder.withPermits(1))),
      transactionAcquirer: Effect.uninterruptibleMask((restore) =>
        Effect.as(
          Effect.zipRight(
            restore(inOrder.take(1)),
            Effect.flatMap(Effect.scope, (scope) => Scope.addFinalizer(scope, inOrder.release(1)))
          ),
          inTransaction
        ).pipe(Effect.tap(prepare))
      ),
      // Two that read first and write then would refuse each other.
      beginTransaction: "BEGIN IMMEDIATE",
      compiler: Statement.makeCompilerSqlite(),
      spanAttributes: [["db.system.name", "sqlite"]]
    })
  })

export const layer = (file: string): Layer.Layer<SqlClient.SqlClient, SqlError> =>
  Layer.scoped(SqlClient.SqlClient, make(file)).pipe(Layer.provide(Reactivity.layer))
