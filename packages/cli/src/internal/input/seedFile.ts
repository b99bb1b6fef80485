/** What a fake server begins with, out of a file. */
import { printable } from "@checkpoint-permissions/access/TerminalText"
import * as FakeEmulator from "@checkpoint-permissions/fake/emulator"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { WrongUse } from "../failure.ts"
import { accepted, explained } from "./accepted.ts"
import { read } from "./files.ts"
import { complaint } from "./option.ts"

const parseJson = Schema.decodeEither(Schema.parseJson())

/** The data of a file such as `{"ft:…": ["proj_a", {"project_id": "proj_b", "id": "cp_1"}]}`. */
export const load = Effect.fnUntraced(function* (path: string) {
  const named = `seed file ${printable(JSON.stringify(path))}`
  const value = yield* Either.mapLeft(
    parseJson(yield* read("seed file", path)),
    (error) => new WrongUse({ message: `${named} is not JSON: ${complaint(error)}` })
  )
  return yield* Either.mapLeft(
    accepted(() => FakeEmulator.parseSeed(value)),
    (error) => new WrongUse({ message: `${named}: ${explained(error)}` })
  )
})
