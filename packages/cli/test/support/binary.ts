import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Deferred, Effect, type Scope } from "effect"
import { within } from "../../../cluster/test/support/within.ts"
import type { Outcome } from "./inProcess.ts"
import { holdAgainstSchemas } from "./schemas.ts"

const root = fileURLToPath(new URL("../../../..", import.meta.url))

const temporaryFolder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "checkpoint-permissions-state-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** The program as it is published. */
export const bundle = fileURLToPath(new URL("../../dist/checkpoint-permissions.js", import.meta.url))

export interface Options {
  readonly cwd?: string | undefined
  /** Standard input; none by default. */
  readonly stdin?: string | undefined
  /** The program, where it is another copy. */
  readonly program?: string | undefined
  /** Standard input does not end before `closeInput`. */
  readonly holdsInput?: boolean | undefined
}

/** The real binary as a child process. */
export interface Running {
  readonly pid: number
  /** Waits for the first line of standard output. */
  readonly firstLine: Effect.Effect<string>
  /** Waits until a stream holds the text. Dies when the process ends without it. */
  readonly says: (text: string) => Effect.Effect<void>
  readonly signal: (name: "SIGHUP" | "SIGINT" | "SIGTERM" | "SIGKILL" | "SIGSTOP") => Effect.Effect<void>
  readonly closeInput: Effect.Effect<void>
  /** Reads no more of standard output, as `head` does when it has enough. */
  readonly closeOutput: Effect.Effect<void>
  /** Waits for the end; `code` is -1 if a signal ended it. */
  readonly outcome: Effect.Effect<Outcome>
}

export const start = (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {},
  options: Options = {}
): Effect.Effect<Running, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { HOME = "", NODE_OPTIONS = "", PATH = "" } = process.env
    const outcome = yield* Deferred.make<Outcome>()
    const state = yield* temporaryFolder
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, [options.program ?? bundle, ...args], {
          cwd: options.cwd ?? root,
          env: { HOME, NODE_OPTIONS, PATH, XDG_STATE_HOME: state, ...env },
          stdio: ["pipe", "pipe", "pipe"]
        })
      ),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    child.stdin.on("error", () => {})
    if (options.holdsInput !== true) child.stdin.end(options.stdin ?? "")
    let stdout = ""
    let stderr = ""
    let ended = false
    const waiting = new Map<string, Deferred.Deferred<void>>()
    const command = args.join(" ")
    const said = () => `It said:\n${stdout}${stderr}`
    const look = () => {
      for (const [text, found] of waiting) {
        if (stdout.includes(text) || stderr.includes(text)) Deferred.unsafeDone(found, Effect.void)
        else if (ended) Deferred.unsafeDone(found, Effect.dieMessage(`${command} ended without "${text}". ${said()}`))
      }
    }
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text
      look()
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text
      look()
    })
    child.on("close", (code) => {
      ended = true
      look()
      const whole = Effect.sync(() => holdAgainstSchemas(stdout))
      Deferred.unsafeDone(outcome, Effect.as(whole, { code: code ?? -1, stdout, stderr }))
    })
    const says = (text: string) =>
      Effect.gen(function* () {
        const found = yield* Deferred.make<void>()
        waiting.set(text, found)
        look()
        yield* within(`"${text}" of ${command}`, said)(Deferred.await(found))
        waiting.delete(text)
      })
    return {
      pid: child.pid ?? -1,
      firstLine: Effect.map(says("\n"), () => stdout.split("\n")[0] ?? ""),
      says,
      signal: (name) => Effect.sync(() => child.kill(name)),
      closeInput: Effect.sync(() => child.stdin.end()),
      closeOutput: Effect.sync(() => child.stdout.destroy()),
      outcome: within(`the end of ${command}`, said)(Deferred.await(outcome))
    }
  })

/** Runs it to its end. */
export const run = (
  args: ReadonlyArray<string>,
  env?: Readonly<Record<string, string>>,
  options?: Options
): Effect.Effect<Outcome, never, Scope.Scope> => Effect.flatMap(start(args, env, options), ({ outcome }) => outcome)
