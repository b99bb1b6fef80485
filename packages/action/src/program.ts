/** The command line, bundled beside this action, run as a separate process. */
import { execPath } from "node:process"
import { fileURLToPath } from "node:url"
import * as Command from "@effect/platform/Command"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type { Inputs } from "./inputs.ts"

/**
 * Variables that the command line gets besides the key. The runner uses `RUNNER_TRACKING_ID` to find and kill remaining
 * processes.
 */
const names = [
  ...["PATH", "HOME", "TMPDIR", "GITHUB_ACTOR", "RUNNER_TRACKING_ID"],
  ...["HTTPS_PROXY", "NO_PROXY", "NODE_EXTRA_CA_CERTS", "NODE_OPTIONS"]
]

const passed = Config.all(
  Object.fromEntries(names.map((name) => [name, Config.withDefault(Config.string(name), undefined)]))
)

/** The exit code of a process that SIGTERM ended, as shells define it. */
export const cancelled = 143

const program = fileURLToPath(new URL("checkpoint-permissions.js", import.meta.url))

/** Prints a line of a program. With the prefix, the runner never executes it as a command. */
const print = (line: string): Effect.Effect<void> => Console.log(`| ${line}`)

/** Returns the text of a stream, and passes each line on immediately. */
const textOf = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>, onLine: (line: string) => Effect.Effect<void>) =>
  Stream.decodeText(bytes).pipe(
    Stream.splitLines,
    Stream.tap(onLine),
    Stream.runFold("", (text, line) => `${text}${line}\n`)
  )

/**
 * Runs the command line in a folder. An interruption sends it SIGTERM. It then prints what was done and exits, and this
 * exit is the result. If the interruption came earlier, it is not started. By default, standard output is printed in
 * the log.
 */
export const run = (
  { adminKey, env, options }: Inputs,
  folder: string,
  args: ReadonlyArray<string>,
  onLine: (line: string) => Effect.Effect<void> = print
) =>
  Effect.gen(function* () {
    yield* Effect.allowInterrupt
    const child = yield* Command.make(execPath, program, ...args, ...options).pipe(
      Command.workingDirectory(folder),
      Command.env({ ...(yield* passed), ...env, OPENAI_ADMIN_KEY: Redacted.value(adminKey) }, { extendEnv: false }),
      Command.start
    )
    const outputs = [textOf(child.stdout, onLine), textOf(child.stderr, print), Effect.either(child.exitCode)] as const
    const running = yield* Effect.forkScoped(Effect.all(outputs, { concurrency: "unbounded" }))
    const waited = yield* Fiber.await(running).pipe(
      Effect.interruptible,
      Effect.onInterrupt(() => Effect.ignore(child.kill("SIGTERM"))),
      Effect.exit
    )
    const [stdout, stderr, exit] = yield* Fiber.join(running)
    // a signal ends a process that has no handler yet
    const code = Exit.isInterrupted(waited) ? Either.getOrElse(exit, () => cancelled) : yield* exit
    return { code, stdout, stderr }
  }).pipe(Effect.scoped, Effect.uninterruptible)
