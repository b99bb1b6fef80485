/** Server programs as children that end with the tests, whatever ends those. */
import { spawn } from "node:child_process"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { createServer } from "node:net"
import { delimiter, join } from "node:path"
import { Data, Deferred, Effect, Schedule } from "effect"

/** A server did not come up. */
export class NotStarted extends Data.TaggedError("NotStarted")<{ readonly message: string }> {}

/** The folder of a program: of the newest version of Debian's Postgres, or in PATH. */
export const folderOf = (program: string): string | undefined => {
  const debian = "/usr/lib/postgresql"
  const versions = existsSync(debian) ? readdirSync(debian).sort((one, other) => Number(other) - Number(one)) : []
  return [
    ...versions.map((version) => join(debian, version, "bin")),
    ...(process.env["PATH"] ?? "").split(delimiter)
  ].find((folder) => existsSync(join(folder, program)))
}

/** A port of the loopback address that is free now. */
export const freePort = Effect.async<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    server.close(() => resume(Effect.succeed(port)))
  })
})

/** Whom a server runs as that refuses to run as root. `undefined`: as the tests do. */
export const unprivileged = (): { readonly uid: number; readonly gid: number } | undefined => {
  if (process.getuid?.() !== 0) return undefined
  const users = new Map(
    readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .map((line) => line.split(":"))
      .map(([name = "", , uid, gid]) => [name, { uid: Number(uid), gid: Number(gid) }])
  )
  return users.get("postgres") ?? users.get("nobody")
}

/** Runs a server until its standard input is closed, which it also is when the tests are killed. */
const supervised = `exec 3<&0
"$@" </dev/null & server=$!
echo "pid $server"
(cat <&3; kill -INT $server) >/dev/null 2>&1 &
wait $server`

export interface Running {
  readonly pid: number
  /** Ends it. Succeeds when it is gone. */
  readonly stop: (signal: NodeJS.Signals) => Effect.Effect<void>
}

/** Starts a server and waits for the line that says that it takes connections. */
export const start = (
  command: ReadonlyArray<string>,
  ready: RegExp,
  user?: { readonly uid: number; readonly gid: number }
): Effect.Effect<Running, NotStarted> =>
  Effect.gen(function* () {
    const child = spawn("/bin/sh", ["-c", supervised, "sh", ...command], {
      cwd: "/",
      stdio: ["pipe", "pipe", "pipe"],
      ...user
    })
    const isReady = yield* Deferred.make<void, NotStarted>()
    let output = ""
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        if (output.length > 100_000) return
        output += text
        if (ready.test(output)) Deferred.unsafeDone(isReady, Effect.void)
      })
    }
    child.on("error", (error) => Deferred.unsafeDone(isReady, new NotStarted({ message: error.message })))
    child.on("exit", () => {
      child.stdin.destroy()
      Deferred.unsafeDone(isReady, new NotStarted({ message: output.slice(-2000) }))
    })
    child.stdin.on("error", () => {})
    yield* Deferred.await(isReady).pipe(
      Effect.timeoutFail({
        duration: "150 seconds",
        onTimeout: () => new NotStarted({ message: `not ready: ${output.slice(-2000)}` })
      }),
      Effect.onError(() => Effect.sync(() => child.stdin.end()))
    )
    const pid = Number(/^pid (\d+)$/m.exec(output)?.[1])
    return {
      pid,
      stop: (signal) =>
        Effect.async<void>((resume) => {
          if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
          child.once("exit", () => resume(Effect.void))
          // a server that is frozen does not end before it goes on
          for (const each of [signal, "SIGCONT"] as const) {
            try {
              process.kill(pid, each)
            } catch {
              // it is gone
            }
          }
        })
    }
  })

/** A server on a free port. `crash` ends it at once, as happens when the scope ends. */
export const server = (
  command: (port: number) => ReadonlyArray<string>,
  ready: RegExp,
  crash: NodeJS.Signals,
  user?: { readonly uid: number; readonly gid: number }
) =>
  Effect.gen(function* () {
    let running: Running | undefined
    const begin = (port: number) =>
      Effect.map(start(command(port), ready, user), (started) => {
        running = started
      })
    // another may take the port before this one does
    const port = yield* freePort.pipe(Effect.tap(begin), Effect.retry(Schedule.recurs(3)))
    const stop = (signal: NodeJS.Signals) => Effect.suspend(() => running?.stop(signal) ?? Effect.void)
    yield* Effect.addFinalizer(() => stop(crash))
    return { port, start: begin(port), stop, pid: () => running?.pid }
  })
