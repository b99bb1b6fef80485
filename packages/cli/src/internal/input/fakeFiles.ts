/** What a fake server begins with, out of files: data and settings. */
import { printable } from "@checkpoint-permissions/access/TerminalText"
import * as FakeEmulator from "@checkpoint-permissions/fake/emulator"
import { InvalidSetting } from "@checkpoint-permissions/fake/invalidSetting"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { wrongUse } from "../failure.ts"
import { read } from "./document.ts"
import { complaint } from "./option.ts"

/** A refusal in one line. */
export const explained = ({ field, reason }: InvalidSetting): string => (field === "" ? reason : `${field}: ${reason}`)

/** What a check of the fake lets through, or its refusal. */
export const accepted = <A>(check: () => A): Either.Either<A, InvalidSetting> => {
  try {
    return Either.right(check())
  } catch (error) {
    if (error instanceof InvalidSetting) return Either.left(error)
    throw error
  }
}

const parseJson = Schema.decodeEither(Schema.parseJson())

/** The data of a file such as `{"ft:…": ["proj_a", {"project_id": "proj_b", "id": "cp_1"}]}`. */
export const loadSeed = Effect.fnUntraced(function* (path: string) {
  const named = `seed file ${printable(JSON.stringify(path))}`
  const value = yield* Either.mapLeft(parseJson(yield* read("seed file", path)), (error) =>
    wrongUse(`${named} is not JSON: ${complaint(error)}`)
  )
  return yield* Either.mapLeft(
    accepted(() => FakeEmulator.parseSeed(value)),
    (error) => wrongUse(`${named}: ${explained(error)}`)
  )
})

/** The value of a file of settings in YAML or JSON, and how errors name it. */
export const loadSettings = Effect.fnUntraced(function* (path: string) {
  const text = yield* read("settings file", path)
  const named = `settings file ${printable(JSON.stringify(path))}`
  // only here: most emulators have no such file
  const { parseDocument } = yield* Effect.promise(() => import("yaml"))
  const document = parseDocument(text, { prettyErrors: true })
  const [problem] = [...document.errors, ...document.warnings]
  if (problem !== undefined) {
    return yield* wrongUse(`${named}: ${problem.message.split("\n")[0] ?? "it is not YAML"}`)
  }
  const value: unknown = yield* Effect.orElseSucceed(
    Effect.try(() => document.toJS()),
    () => undefined
  )
  return { named, value }
})
