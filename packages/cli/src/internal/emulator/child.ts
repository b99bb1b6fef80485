/** A command that runs as long as the emulator does. */
import { spawn } from "node:child_process"
import { constants } from "node:os"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { CommandEnded, Failed } from "../failure.ts"
import { Interruption, type Signal } from "../terminal/interruption.ts"

/** The environment of this process. */
export class HostEnvironment extends Context.Reference<HostEnvironment>()(
  "@checkpoint-permissions/cli/HostEnvironment",
  { defaultValue: (): Readonly<Record<string, string | undefined>> => ({}) }
) {}

const numbers: Readonly<Record<string, number>> = constants.signals

const notStarted = (command: string, error: Error): Failed => {
  const code = "code" in error ? error.code : undefined
  const why = code === "ENOENT" ? "there is no such program" : code === "EACCES" ? "it may not be run" : error.message
  return new Failed({ message: `cannot run ${JSON.stringify(command)}: ${why}` })
}

/**
 * Runs a command on the streams of this process and fails with its exit code. A
 * signal is handed on, and the command ends in its own time; Ctrl-C at a
 * terminal reaches it without that. It is killed if it is left before its end.
 */
export const run = (
  command: string,
  args: ReadonlyArray<string>,
  options: { readonly env: Readonly<Record<string, string>>; readonly isTerminal: boolean }
): Effect.Effect<never, CommandEnded | Failed, Interruption> =>
  Effect.gen(function* () {
    const { gracefully } = yield* Interruption
    const inherited = yield* HostEnvironment
    const ended = yield* Deferred.make<never, CommandEnded | Failed>()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const child = spawn(command, args, { stdio: "inherit", env: { ...inherited, ...options.env } })
        child.on("error", (error) => Deferred.unsafeDone(ended, Effect.fail(notStarted(command, error))))
        child.on("exit", (code, signal) => {
          const status = code ?? 128 + (numbers[signal ?? ""] ?? 0)
          Deferred.unsafeDone(ended, Effect.fail(new CommandEnded({ code: status })))
        })
        return child
      }),
      (child) => Effect.sync(() => child.exitCode === null && child.kill("SIGKILL"))
    )
    const handOn = (signal: Signal) =>
      Effect.sync(() => {
        if (signal === "SIGTERM" || !options.isTerminal) child.kill(signal)
      })
    return yield* gracefully((signal) =>
      Effect.raceFirst(Deferred.await(ended), Effect.zipRight(Effect.flatMap(signal, handOn), Effect.never))
    )
  }).pipe(Effect.scoped)
