/** The emulator on a port, until something ends it. */
import type { Options } from "@checkpoint-permissions/fake/host"
import * as Emulator from "@checkpoint-permissions/testing/Emulator"
import type * as Command from "@effect/cli/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { failed } from "../failure.ts"
import * as File from "../output/file.ts"
import * as Screen from "../terminal/screen.ts"
import * as Child from "./child.ts"
import type { Given } from "./keys.ts"
import type { config } from "./options.ts"

type Flags = Pick<
  Command.Command.ParseConfig<typeof config>,
  "command" | "controlToken" | "host" | "noControl" | "port" | "untilStdinEnds" | "urlFile"
>

const layerOf = ({ controlToken, host, noControl, port }: Flags, options: Options) =>
  Emulator.layer({
    ...options,
    host,
    port,
    control: Option.match(controlToken, { onNone: () => !noControl, onSome: (token) => ({ token }) })
  }).pipe(Layer.catchAll((error) => Layer.fail(failed(error.message))))

/** The file is whole whenever it is there, and there as long as the emulator, unless another has written it since. */
const urlFile = (path: string, baseUrl: string) => {
  const text = `${baseUrl}\n`
  return Effect.acquireRelease(File.write({ what: "URL file", path, force: true }, text), () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      if ((yield* fs.readFileString(path)) === text) yield* fs.remove(path)
    }).pipe(Effect.ignore)
  )
}

/** `given` are the keys for a command. */
export const serve = (flags: Flags, options: Options, given: Given) =>
  Effect.gen(function* () {
    const screen = yield* Screen.Screen
    const { baseUrl } = yield* Emulator.Emulator
    yield* Effect.transposeMapOption(flags.urlFile, (path) => urlFile(path, baseUrl))
    const [name, ...args] = flags.command
    if (name !== undefined) {
      return yield* Child.run(name, args, {
        env: { OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: given.ordinary, OPENAI_ADMIN_KEY: given.admin },
        isTerminal: screen.watched
      })
    }
    yield* screen.endsCleanly
    yield* screen.print(`${baseUrl}\n`)
    yield* screen.note(screen.err.dim("Takes calls until Ctrl-C."))
    if (!flags.untilStdinEnds) return yield* Effect.never
    // an input that breaks has ended too
    yield* Effect.ignore(screen.input)
  }).pipe(Effect.scoped, Effect.provide(layerOf(flags, options)))
