import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Deferred, Effect, type Scope } from "effect"
import type { Outcome } from "./inProcess.ts"

const root = fileURLToPath(new URL("../../../..", import.meta.url))
const bin = fileURLToPath(new URL("../../src/bin.ts", import.meta.url))

/** The real binary as a child process. */
export interface Running {
  /** Waits for the first line of standard output. */
  readonly firstLine: Effect.Effect<string>
  readonly signal: (name: "SIGINT" | "SIGTERM") => Effect.Effect<void>
  /** Reads no more of standard output, as `head` does when it has enough. */
  readonly closeOutput: Effect.Effect<void>
  /** Waits for the end; `code` is -1 if a signal ended it. */
  readonly outcome: Effect.Effect<Outcome>
}

export const start = (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Effect.Effect<Running, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { HOME = "", NODE_OPTIONS = "", PATH = "" } = process.env
    const firstLine = yield* Deferred.make<string>()
    const outcome = yield* Deferred.make<Outcome>()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, ["--import", "tsx", bin, ...args], {
          cwd: root,
          env: { HOME, NODE_OPTIONS, PATH, TSX_TSCONFIG_PATH: `${root}tsconfig.base.json`, ...env },
          stdio: ["ignore", "pipe", "pipe"]
        })
      ),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    let stdout = ""
    let stderr = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text
      if (stdout.includes("\n")) Deferred.unsafeDone(firstLine, Effect.succeed(stdout.slice(0, stdout.indexOf("\n"))))
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text
    })
    child.on("close", (code) => {
      Deferred.unsafeDone(firstLine, Effect.succeed(stdout))
      Deferred.unsafeDone(outcome, Effect.succeed({ code: code ?? -1, stdout, stderr }))
    })
    return {
      firstLine: Deferred.await(firstLine),
      signal: (name) => Effect.sync(() => child.kill(name)),
      closeOutput: Effect.sync(() => child.stdout.destroy()),
      outcome: Deferred.await(outcome)
    }
  })

/** Runs it to its end. */
export const run = (
  args: ReadonlyArray<string>,
  env?: Readonly<Record<string, string>>
): Effect.Effect<Outcome, never, Scope.Scope> => Effect.flatMap(start(args, env), ({ outcome }) => outcome)
