/** A Redis of the tests' own: it keeps nothing, on a free port of the loopback address. */
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { folderOf, NotStarted, server } from "./process.ts"

/** The folder of `redis-server`; `undefined` where there is none. */
export const binaries = folderOf("redis-server")

export interface Redis {
  readonly url: string
  readonly stop: Effect.Effect<void>
  readonly start: Effect.Effect<void, NotStarted>
  /** Sends it a signal, such as SIGSTOP. */
  readonly signal: (signal: NodeJS.Signals) => Effect.Effect<void>
}

/** Starts one, which is stopped when the scope ends. */
export const redis: Effect.Effect<Redis, NotStarted, Scope.Scope> = Effect.gen(function* () {
  if (binaries === undefined) return yield* new NotStarted({ message: "there is no redis-server here" })
  const path = join(binaries, "redis-server")
  const { pid, port, start, stop } = yield* server(
    (port) => [path, "--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
    /Ready to accept connections/,
    "SIGKILL"
  )
  return {
    url: `redis://127.0.0.1:${port}`,
    stop: stop("SIGKILL"),
    start,
    signal: (signal) => Effect.sync(() => void process.kill(pid() ?? 0, signal))
  }
})
