/** A Redis of the tests' own: it keeps nothing, on a free port of the loopback address. */
import { join } from "node:path"
import { Effect, Schedule, type Scope } from "effect"
import { folderOf, freePort, NotStarted, type Running, start } from "./process.ts"

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
  let running: Running | undefined
  const begin = (port: number) =>
    start(
      [
        join(binaries, "redis-server"),
        "--port",
        String(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no"
      ],
      /Ready to accept connections/
    ).pipe(
      Effect.map((started) => {
        running = started
      })
    )
  // another may take the port before this one does
  const port = yield* freePort.pipe(Effect.tap(begin), Effect.retry(Schedule.recurs(3)))
  const stop = Effect.suspend(() => running?.stop("SIGKILL") ?? Effect.void)
  yield* Effect.addFinalizer(() => stop)
  return {
    url: `redis://127.0.0.1:${port}`,
    stop,
    start: begin(port),
    signal: (signal) =>
      Effect.sync(() => {
        if (running !== undefined) process.kill(running.pid, signal)
      })
  }
})
