/** What a fake server begins with, out of a file. */
import * as FakeEmulator from "@checkpoint-permissions/fake/emulator"
import type { Organization, Seed } from "@checkpoint-permissions/fake/seed"
import type { FileSystem } from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { WrongUse } from "../failure.ts"
import { accepted, explained } from "./accepted.ts"
import { readJson } from "./files.ts"

export interface Data {
  readonly seed: Seed
  readonly organization: Organization | undefined
}

/** The data of a file such as `{"ft:…": ["proj_a", {"project_id": "proj_b", "id": "cp_1"}]}`. */
export const load = (path: string): Effect.Effect<Data, WrongUse, FileSystem> =>
  Effect.flatMap(readJson("seed file", path), ({ named, value }) =>
    Either.mapLeft(
      accepted(() => FakeEmulator.parseSeed(value)),
      (error) => new WrongUse({ message: `${named}: ${explained(error)}` })
    )
  )
