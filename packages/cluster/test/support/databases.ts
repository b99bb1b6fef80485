/** Databases for tests: each has its own, and shares the servers with the others. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as SqlClient from "@effect/sql/SqlClient"
import * as LibsqlClient from "@effect/sql-libsql/LibsqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import { Effect, Layer, Redacted } from "effect"
import { inject } from "vitest"

export const hasPostgres = inject("postgres") !== ""
export const hasRedis = inject("redis") !== ""

export const postgresClient = (url: string) => PgClient.layer({ url: Redacted.make(url) })

/** The URL of a new database on the Postgres of all tests. It is dropped when the scope ends. */
export const freshPostgres = Effect.gen(function* () {
  const server = inject("postgres")
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`
  const admin = (statement: string) =>
    Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(statement)).pipe(
      Effect.provide(postgresClient(server)),
      Effect.orDie
    )
  yield* Effect.acquireRelease(admin(`CREATE DATABASE ${name}`), () => admin(`DROP DATABASE ${name} WITH (FORCE)`))
  return server.replace(/[^/]*$/, name)
})

/** The path of a file in a folder of its own, which is removed when the scope ends. */
export const freshFile = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "checkpoint-permissions-sqlite-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
).pipe(Effect.map((folder) => join(folder, "store.db")))

export const libsqlClient = (file: string) => LibsqlClient.layer({ url: `file:${file}`, intMode: "bigint" })

/** The databases that the store of the pace is for. */
export const dialects = [
  {
    name: "Postgres",
    isHere: hasPostgres,
    client: Layer.unwrapScoped(Effect.map(freshPostgres, postgresClient))
  },
  {
    name: "SQLite",
    isHere: true,
    client: Layer.unwrapScoped(Effect.map(freshFile, libsqlClient))
  }
]
