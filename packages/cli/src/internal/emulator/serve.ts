/** The emulator on a port, until something ends it. */
import type { Options } from "@checkpoint-permissions/fake/host"
import * as Emulator from "@checkpoint-permissions/testing/Emulator"
import * as ServerBehavior from "@checkpoint-permissions/testing/ServerBehavior"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import { Failed } from "../failure.ts"
import * as File from "../output/file.ts"
import * as Screen from "../terminal/screen.ts"
import * as Child from "./child.ts"
import type { Given } from "./keys.ts"

export interface Serving {
  readonly options: Options
  readonly host: string
  readonly port: number
  readonly control: boolean | { readonly token: Redacted.Redacted }
  readonly urlFile: string | undefined
  readonly untilStdinEnds: boolean
  readonly command: ReadonlyArray<string>
  /** Keys for the command. */
  readonly given: Given
}

const layerOf = ({ control, host, options, port }: Serving) => {
  const { behavior, ...rest } = options
  const keys = behavior?.keys
  return Emulator.layer({
    ...rest,
    host,
    port,
    control,
    behavior: {
      ...behavior,
      keys:
        keys === undefined || keys === "any"
          ? keys
          : keys.map(({ key, ...one }) => ({ ...ServerBehavior.ordinaryKey(key), ...one }))
    }
  }).pipe(Layer.catchAll((error) => Layer.fail(new Failed({ message: error.message }))))
}

/** The file is whole whenever it is there, and there as long as the emulator. */
const urlFile = (path: string, baseUrl: string) =>
  Effect.acquireRelease(File.write({ what: "URL file", path, force: true }, `${baseUrl}\n`), () =>
    Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.ignore(fs.remove(path)))
  )

const commandLine = ({ command: [name = "", ...args], given }: Serving, baseUrl: string) =>
  Effect.flatMap(Screen.Screen, ({ watched }) =>
    Child.run(name, args, {
      env: { OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: given.ordinary, OPENAI_ADMIN_KEY: given.admin },
      isTerminal: watched
    })
  )

export const serve = (serving: Serving) =>
  Effect.gen(function* () {
    const screen = yield* Screen.Screen
    const { baseUrl } = yield* Emulator.Emulator
    if (serving.urlFile !== undefined) yield* urlFile(serving.urlFile, baseUrl)
    if (serving.command.length > 0) return yield* commandLine(serving, baseUrl)
    yield* screen.endsCleanly
    yield* screen.print(`${baseUrl}\n`)
    yield* screen.note(screen.err.dim("Takes calls until Ctrl-C."))
    if (!serving.untilStdinEnds) return yield* Effect.never
    // an input that breaks has ended too
    yield* Effect.ignore(screen.input)
  }).pipe(Effect.scoped, Effect.provide(layerOf(serving)))
