/** The emulator on a port, until a signal or its command ends. */

import { spawn } from "node:child_process"
import { constants } from "node:os"
import type { Options } from "@checkpoint-permissions/fake/host"
import * as Emulator from "@checkpoint-permissions/testing/Emulator"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { Signal } from "../command/exitCode.ts"
import { CommandError, failed } from "../command/failure.ts"
import type { OptionsOf } from "../command/run.ts"
import { Host } from "../input/environment.ts"
import * as File from "../output/file.ts"
import { Interruption } from "../terminal/interruption.ts"
import * as Screen from "../terminal/screen.ts"
import type { config, Keys } from "./settings.ts"

type Flags = OptionsOf<typeof config>

const layerOf = ({ controlToken, host, noControl, port }: Flags, options: Options) =>
  Emulator.layer({
    ...options,
    host,
    port,
    control: Option.match(controlToken, { onNone: () => !noControl, onSome: (token) => ({ token }) })
  }).pipe(Layer.catchAll((error) => Layer.fail(failed(error.message))))

/** Writes the base URL to a file, atomically, and removes it at the end unless another process has overwritten it. */
const urlFile = (path: string, baseUrl: string) => {
  const text = `${baseUrl}\n`
  return Effect.acquireRelease(File.write({ what: "URL file", path, force: true }, text), () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      if ((yield* fs.readFileString(path)) === text) yield* fs.remove(path)
    }).pipe(Effect.ignore)
  )
}

/** Serves until the command, standard input or a signal ends it. `given` has the keys for the command. */
export const serve = (flags: Flags, options: Options, keys: Keys) =>
  Effect.gen(function* () {
    const screen = yield* Screen.Screen
    const { baseUrl } = yield* Emulator.Emulator
    yield* Effect.transposeMapOption(flags.urlFile, (path) => urlFile(path, baseUrl))
    const [name, ...args] = flags.command
    if (name !== undefined) {
      const env = { OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: keys.ordinary, OPENAI_ADMIN_KEY: keys.admin }
      return yield* runChild(name, args, env)
    }
    yield* screen.expectSignal
    yield* screen.print(`${baseUrl}\n`)
    yield* screen.note(screen.err.dim("Ready. Stop it with Ctrl-C."))
    if (!flags.untilStdinEnds) return yield* Effect.never
    // an input that fails has ended too
    yield* Effect.ignore(screen.input)
  }).pipe(Effect.scoped, Effect.provide(layerOf(flags, options)))

const numbers: Readonly<Record<string, number>> = constants.signals

/** Returns the failure of a command that could not be started, with the exit codes of shells. */
const startFailure = (command: string, error: Error): CommandError => {
  const reason = "code" in error ? error.code : undefined
  const [code, why] =
    reason === "ENOENT"
      ? [127, "no such program"]
      : reason === "EACCES"
        ? [126, "it is not executable: check its mode"]
        : [126, error.message]
  return new CommandError({ code, lines: [`cannot run ${JSON.stringify(command)}: ${why}`] })
}

/**
 * Runs a command on the streams of this process. Fails with its exit code. A signal is forwarded, and the command stops
 * itself. The terminal forwards Ctrl-C. The command is killed if the scope is closed before it has stopped.
 */
const runChild = Effect.fnUntraced(function* (
  command: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>
) {
  const { isTerminal } = yield* Screen.Screen
  const { gracefully } = yield* Interruption
  const { environment } = yield* Host
  const ended = yield* Deferred.make<never, CommandError>()
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(command, args, { stdio: "inherit", env: { ...environment, ...env } })
      child.on("error", (error) => Deferred.unsafeDone(ended, Effect.fail(startFailure(command, error))))
      child.on("exit", (code, signal) => {
        const status = code ?? 128 + (numbers[signal ?? ""] ?? 0)
        Deferred.unsafeDone(ended, Effect.fail(new CommandError({ code: status, lines: [] })))
      })
      return child
    }),
    (child) => Effect.sync(() => child.exitCode === null && child.kill("SIGKILL"))
  )
  const forward = (signal: Signal) =>
    Effect.sync(() => {
      if (signal !== "SIGINT" || !isTerminal) child.kill(signal)
    })
  return yield* gracefully((signal) =>
    Effect.raceFirst(Deferred.await(ended), Effect.zipRight(Effect.flatMap(signal, forward), Effect.never))
  )
}, Effect.scoped)
