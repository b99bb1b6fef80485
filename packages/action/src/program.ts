/** The command line, bundled beside this action, as a process of its own. */
import { fileURLToPath } from "node:url"
import * as Command from "@effect/platform/Command"
import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type { Inputs } from "./inputs.ts"

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** What the command line sees of the environment, besides the key. */
const passed = [
  "PATH",
  "HOME",
  "TMPDIR",
  "GITHUB_ACTOR",
  "HTTPS_PROXY",
  "NO_PROXY",
  "NODE_EXTRA_CA_CERTS",
  "NODE_OPTIONS"
]

const program = fileURLToPath(new URL("checkpoint-permissions.js", import.meta.url))

/** Shows lines in the log as they come. None of them begins as a command to the runner does. */
const logged = <E, R>(stream: Stream.Stream<string, E, R>): Effect.Effect<void, E, R> =>
  Stream.runForEach(Stream.splitLines(stream), (line) => Console.log(`| ${line}`))

/** Runs in the folder of the run. An interruption is a SIGTERM, and waits for the program to end. */
export const run = (
  { adminKey, folder, options }: Inputs,
  args: ReadonlyArray<string>
): Effect.Effect<Outcome, PlatformError, CommandExecutor> =>
  Effect.scoped(
    Effect.gen(function* () {
      const environment = Object.fromEntries(passed.map((name) => [name, process.env[name]]))
      const child = yield* Command.make(process.execPath, program, ...args, ...options).pipe(
        Command.workingDirectory(folder),
        Command.env({ ...environment, OPENAI_ADMIN_KEY: Redacted.value(adminKey) }, { extendEnv: false }),
        Command.start
      )
      const stdout = Stream.mkString(Stream.decodeText(child.stdout))
      const stderr = Stream.decodeText(child.stderr).pipe(
        Stream.broadcast(2, 16),
        Effect.flatMap(([log, text]) => Effect.zipRight(logged(log), Stream.mkString(text), { concurrent: true })),
        Effect.scoped
      )
      const [out, error, code] = yield* Effect.all([stdout, stderr, child.exitCode], { concurrency: "unbounded" })
      return { code, stdout: out, stderr: error }
    })
  )
