/** A policy out of the files that a command is given. */
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { isNonEmptyReadonlyArray } from "effect/Array"
import * as Effect from "effect/Effect"
import { wrongUse } from "../failure.ts"
import { readDocument } from "./document.ts"

/** The texts of the files that a policy is in, one at least. */
export const sourcesOf = Effect.fnUntraced(function* (files: ReadonlyArray<string>) {
  const sources = yield* Effect.forEach(files, (file) =>
    Effect.map(readDocument("policy", file, ["policy"]), ({ name, text }) => ({ text, file: name }))
  )
  if (!isNonEmptyReadonlyArray(sources)) {
    return yield* wrongUse("there is no policy: pass --file <policy>")
  }
  return sources
})

export const load = (files: ReadonlyArray<string>) => Effect.flatMap(sourcesOf(files), AccessPolicy.merge)

export const checkpointsOf = (policy: AccessPolicy.AccessPolicy) =>
  Effect.map(AccessPolicy.resolve(policy), (resolved) => resolved.map(({ checkpoint }) => checkpoint))
