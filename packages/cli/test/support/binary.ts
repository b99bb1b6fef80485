import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Deferred, type Duration, Effect, type Scope } from "effect"
import { folder } from "./folder.ts"
import * as Heard from "./heard.ts"
import type { Outcome } from "./inProcess.ts"
import { holdAgainstSchemas } from "./schemas.ts"

const root = fileURLToPath(new URL("../../../..", import.meta.url))

/** The program as it is published. */
export const bundle = fileURLToPath(new URL("../../dist/checkpoint-permissions.js", import.meta.url))

export interface Options {
  readonly cwd?: string | undefined
  /** Standard input; none by default. */
  readonly stdin?: string | undefined
  /** The program, where it is another copy. */
  readonly program?: string | undefined
  /** Bounds each wait; 5 minutes by default. */
  readonly longest?: Duration.DurationInput | undefined
  /** Standard input does not end before `closeInput`. */
  readonly holdsInput?: boolean | undefined
  /** The number of the user that it runs as, where that may be chosen. */
  readonly user?: number | undefined
}

/** Starts the real binary as a child process. */
export const start = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}, options: Options = {}) =>
  Effect.gen(function* () {
    const { HOME = "", NODE_OPTIONS = "", PATH = "" } = process.env
    const outcome = yield* Deferred.make<Outcome>()
    const state = yield* folder
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, [options.program ?? bundle, ...args], {
          cwd: options.cwd ?? root,
          env: { HOME, NODE_OPTIONS, PATH, XDG_STATE_HOME: state.path, ...env },
          stdio: ["pipe", "pipe", "pipe"],
          ...(options.user === undefined ? {} : { uid: options.user, gid: options.user })
        })
      ),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    child.stdin.on("error", () => {})
    if (options.holdsInput !== true) child.stdin.end(options.stdin ?? "")
    const heard = Heard.make(args, options.longest)
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream].setEncoding("utf8").on("data", (text: string) => heard.add(stream, text))
    }
    child.on("close", (code) => {
      heard.end()
      const whole = Effect.sync(() => holdAgainstSchemas(heard.written.stdout))
      Deferred.unsafeDone(outcome, Effect.as(whole, { code: code ?? -1, ...heard.written }))
    })
    return {
      pid: child.pid ?? -1,
      /** Waits for the first line of standard output. */
      firstLine: Effect.map(heard.says("\n"), () => heard.written.stdout.split("\n")[0] ?? ""),
      says: heard.says,
      signal: (name: NodeJS.Signals) => Effect.sync(() => child.kill(name)),
      closeInput: Effect.sync(() => child.stdin.end()),
      /** Reads no more of standard output, as `head` does when it has enough. */
      closeOutput: Effect.sync(() => child.stdout.destroy()),
      /** Waits for the end; `code` is -1 if a signal ended it. */
      outcome: heard.bounded(Deferred.await(outcome))
    }
  })

export type Running = Effect.Effect.Success<ReturnType<typeof start>>

/** Runs it to its end. */
export const run = (
  args: ReadonlyArray<string>,
  env?: Readonly<Record<string, string>>,
  options?: Options
): Effect.Effect<Outcome, never, Scope.Scope> => Effect.flatMap(start(args, env, options), ({ outcome }) => outcome)
