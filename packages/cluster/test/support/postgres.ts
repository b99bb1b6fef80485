/** A Postgres of the tests' own: a folder of its own, on a free port of the loopback address. */
import { execFile } from "node:child_process"
import { chownSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { folderOf, NotStarted, server, unprivileged } from "./process.ts"

/** The folder of its programs; `undefined` where there is none. */
export const binaries = folderOf("initdb")

export interface Postgres {
  readonly port: number
  readonly url: (database: string) => string
  /** Stops it as a crash does, or in order. */
  readonly stop: (how?: "crash" | "order") => Effect.Effect<void>
  readonly start: Effect.Effect<void, NotStarted>
}

const run = (file: string, args: ReadonlyArray<string>, user: { uid: number; gid: number } | undefined) =>
  Effect.async<void, NotStarted>((resume) => {
    execFile(file, [...args], { cwd: "/", ...user }, (error, _stdout, stderr) =>
      resume(error === null ? Effect.void : new NotStarted({ message: `${error.message}\n${stderr}` }))
    )
  })

/** Starts one. It is stopped, and what it stored removed, when the scope ends. */
export const postgres: Effect.Effect<Postgres, NotStarted, Scope.Scope> = Effect.gen(function* () {
  if (binaries === undefined) return yield* new NotStarted({ message: "there is no initdb here" })
  const user = unprivileged()
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "checkpoint-permissions-postgres-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
  if (user !== undefined) chownSync(folder, user.uid, user.gid)
  const data = join(folder, "data")
  yield* run(
    join(binaries, "initdb"),
    ["-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "--no-locale", "-E", "UTF8"],
    user
  )
  const { port, start, stop } = yield* server(
    // biome-ignore format: one setting a line
    (port) => [
      join(binaries, "postgres"), "-D", data, "-k", folder, "-p", String(port),
      "-c", "listen_addresses=127.0.0.1",
      "-c", "fsync=off",
      "-c", "max_connections=200"
    ],
    /database system is ready to accept connections/,
    "SIGQUIT",
    user
  )
  return {
    port,
    url: (database) => `postgres://postgres@127.0.0.1:${port}/${database}`,
    stop: (how = "crash") => stop(how === "crash" ? "SIGQUIT" : "SIGINT"),
    start
  }
})
