/** A policy out of the files that a command is given. */
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import type { FileSystem } from "@effect/platform/FileSystem"
import { isNonEmptyReadonlyArray, type NonEmptyReadonlyArray } from "effect/Array"
import * as Effect from "effect/Effect"
import { type Failure, WrongUse } from "../failure.ts"
import type { Screen } from "../terminal/screen.ts"
import { readDocument } from "./document.ts"

/** The texts of the files that a policy is in, one at least. */
export const sourcesOf = (
  files: ReadonlyArray<string>
): Effect.Effect<NonEmptyReadonlyArray<AccessPolicy.Source>, Failure, FileSystem | Screen> =>
  Effect.gen(function* () {
    const sources = yield* Effect.forEach(files, (file) =>
      Effect.map(readDocument("policy", file, ["policy"]), ({ name, text }) => ({ text, file: name }))
    )
    if (!isNonEmptyReadonlyArray(sources)) {
      return yield* new WrongUse({ message: "there is no policy: pass --file <policy>" })
    }
    return sources
  })

export const load = (files: ReadonlyArray<string>) => Effect.flatMap(sourcesOf(files), AccessPolicy.merge)

export const checkpointsOf = (policy: AccessPolicy.AccessPolicy) =>
  Effect.map(AccessPolicy.resolve(policy), (resolved) => resolved.map(({ checkpoint }) => checkpoint))
