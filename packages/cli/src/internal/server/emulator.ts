/** The fake server on a port, until a signal ends it. */
import * as Emulator from "@checkpoint-permissions/testing/Emulator"
import * as ServerBehavior from "@checkpoint-permissions/testing/ServerBehavior"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Failed, WrongUse } from "../failure.ts"
import * as seedFile from "../input/seedFile.ts"
import * as Screen from "../terminal/screen.ts"

export interface EmulatorOptions {
  readonly port: number
  readonly adminKey: ReadonlyArray<Redacted.Redacted>
  readonly ordinaryKey: ReadonlyArray<Redacted.Redacted>
  readonly readOnlyKey: ReadonlyArray<Redacted.Redacted>
  readonly seedFile: Option.Option<string>
}

const unusable = (key: Redacted.Redacted): boolean => !/^[\x21-\x7e]+$/.test(Redacted.value(key))

export const run = (options: EmulatorOptions) =>
  Effect.gen(function* () {
    const screen = yield* Screen.Screen
    const keys = [
      ...options.adminKey.map(ServerBehavior.adminKey),
      ...options.ordinaryKey.map(ServerBehavior.ordinaryKey),
      ...options.readOnlyKey.map(ServerBehavior.readOnlyKey)
    ]
    if (keys.some(({ key }) => unusable(key))) {
      return yield* new WrongUse({ message: "a key is empty or holds characters that no header can carry" })
    }
    const seed = yield* Effect.transposeMapOption(options.seedFile, seedFile.load)
    const emulator = Emulator.layer({
      port: options.port,
      seed: Option.getOrUndefined(seed),
      behavior: { keys: keys.length === 0 ? "any" : keys }
    })
    const serve = Effect.gen(function* () {
      const { baseUrl } = yield* Emulator.Emulator
      yield* screen.print(`${baseUrl}\n`)
      yield* screen.note(screen.err.dim("Takes calls until Ctrl-C."))
      return yield* Effect.never
    })
    yield* screen.endsCleanly
    return yield* serve.pipe(
      Effect.provide(Layer.catchAll(emulator, (error) => Layer.fail(new Failed({ message: error.message }))))
    )
  })
