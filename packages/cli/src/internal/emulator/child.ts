/** A command that runs as long as the emulator does. */
import { spawn } from "node:child_process"
import { constants } from "node:os"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { Signal } from "../exitCode.ts"
import { CommandEnded } from "../failure.ts"
import { Host } from "../host.ts"
import { Interruption } from "../terminal/interruption.ts"

const numbers: Readonly<Record<string, number>> = constants.signals

/** With the exit codes that shells give. */
const notStarted = (command: string, error: Error): CommandEnded => {
  const reason = "code" in error ? error.code : undefined
  const [code, why] =
    reason === "ENOENT"
      ? [127, "there is no such program"]
      : reason === "EACCES"
        ? [126, "it may not be run: check its mode"]
        : [126, error.message]
  return new CommandEnded({ code, message: `cannot run ${JSON.stringify(command)}: ${why}` })
}

/**
 * Runs a command on the streams of this process and fails with its exit code. A signal is handed on, and the command
 * ends in its own time; Ctrl-C at a terminal reaches it without that. It is killed if it is left before its end.
 */
export const run = Effect.fnUntraced(function* (
  command: string,
  args: ReadonlyArray<string>,
  options: { readonly env: Readonly<Record<string, string>>; readonly isTerminal: boolean }
) {
  const { gracefully } = yield* Interruption
  const { environment } = yield* Host
  const ended = yield* Deferred.make<never, CommandEnded>()
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(command, args, { stdio: "inherit", env: { ...environment, ...options.env } })
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
      if (signal !== "SIGINT" || !options.isTerminal) child.kill(signal)
    })
  return yield* gracefully((signal) =>
    Effect.raceFirst(Deferred.await(ended), Effect.zipRight(Effect.flatMap(signal, handOn), Effect.never))
  )
}, Effect.scoped)
