/** The command line, bundled beside this action, run as a separate process. */
import { execPath } from "node:process"
import { fileURLToPath } from "node:url"
import * as Command from "@effect/platform/Command"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { type Inputs, WrongUse } from "./inputs.ts"
import { linesOf } from "./report.ts"

/**
 * Variables that the command line gets besides the key. The runner uses `RUNNER_TRACKING_ID` to find and kill remaining
 * processes.
 */
const names = [
  ...["PATH", "HOME", "TMPDIR", "GITHUB_ACTOR"],
  ...["HTTPS_PROXY", "NO_PROXY", "NODE_EXTRA_CA_CERTS", "NODE_OPTIONS"],
  "RUNNER_TRACKING_ID"
]

const passed = Config.all(
  Object.fromEntries(names.map((name) => [name, Config.withDefault(Config.string(name), undefined)]))
)

/** The exit code of a process that SIGTERM ended, as shells define it. */
export const cancelled = 143

const program = fileURLToPath(new URL("checkpoint-permissions.js", import.meta.url))

/** Prints a line of a program. With the prefix, the runner never executes it as a command. */
export const print = (line: string): Effect.Effect<void> => Console.log(`| ${line}`)

/** Returns the text of a stream, and prints each line immediately. */
const logged = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Effect.Effect<string, E, R> =>
  Stream.decodeText(bytes).pipe(
    Stream.broadcast(2, 16),
    Effect.flatMap(([log, text]) =>
      Effect.zipRight(Stream.runForEach(Stream.splitLines(log), print), Stream.mkString(text), { concurrent: true })
    ),
    Effect.scoped
  )

/**
 * Runs the command line in a folder. An interruption sends it SIGTERM. It then prints what was done and exits, and this
 * exit is the result. If the interruption came earlier, it is not started. By default, standard output is printed in
 * the log. `lines` are those of standard error, without the name of the command line.
 */
export const run = (
  { adminKey, options }: Inputs,
  folder: string,
  args: ReadonlyArray<string>,
  { isPrinted = true }: { readonly isPrinted?: boolean } = {}
) =>
  Effect.gen(function* () {
    yield* Effect.allowInterrupt
    const environment = yield* Effect.mapError(passed, (error) => new WrongUse({ message: String(error) }))
    const child = yield* Command.make(execPath, program, ...args, ...options).pipe(
      Command.workingDirectory(folder),
      Command.env({ ...environment, OPENAI_ADMIN_KEY: Redacted.value(adminKey) }, { extendEnv: false }),
      Command.start
    )
    const output = isPrinted ? logged(child.stdout) : Stream.mkString(Stream.decodeText(child.stdout))
    let isStopped = false
    // a signal ends a process that has no handler yet
    const exit = Effect.catchIf(
      child.exitCode,
      () => isStopped,
      () => Effect.succeed(cancelled)
    )
    const outputs = Effect.all([output, logged(child.stderr), exit], { concurrency: "unbounded" })
    const running = yield* Effect.forkScoped(outputs)
    yield* Fiber.await(running).pipe(
      Effect.interruptible,
      Effect.onInterrupt(() => {
        isStopped = true
        return Effect.ignore(child.kill("SIGTERM"))
      }),
      Effect.exit
    )
    const [stdout, stderr, code] = yield* Fiber.join(running)
    return { code, stdout, lines: linesOf(stderr) }
  }).pipe(Effect.scoped, Effect.uninterruptible)
