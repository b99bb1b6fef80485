/** Documents that a command reads: the audits of `diff`, and policies. */
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { FileSystem } from "@effect/platform/FileSystem"
import { isNonEmptyReadonlyArray } from "effect/Array"
import * as Effect from "effect/Effect"
import { wrongUse } from "../failure.ts"
import { type Document, inDocument, readDocument } from "./document.ts"

const auditOf = (document: Document) => inDocument(document)(AccessMatrix.fromJson(document.text))

export const loadAudit = (file: string) => Effect.flatMap(readDocument("audit", file, ["audit"]), auditOf)

/** The default policy of a command, used if the file exists. */
const defaultPolicy = "access/policy.yaml"

/** Reads the files that a policy is in, or the default one if it exists. */
export const sourcesIfAny = Effect.fnUntraced(function* (given: ReadonlyArray<string>) {
  const fs = yield* FileSystem
  const isDefault = given.length === 0 && (yield* Effect.orElseSucceed(fs.exists(defaultPolicy), () => false))
  return yield* Effect.forEach(isDefault ? [defaultPolicy] : given, (file) =>
    Effect.map(readDocument("policy", file, ["policy"]), ({ name, text }) => ({ text, file: name }))
  )
})

/** Reads the files of a policy, at least one. */
export const sourcesOf = Effect.fnUntraced(function* (given: ReadonlyArray<string>) {
  const sources = yield* sourcesIfAny(given)
  if (!isNonEmptyReadonlyArray(sources)) {
    return yield* wrongUse(`no policy: pass --file <policy> or create ${defaultPolicy}`)
  }
  return sources
})

export const loadPolicy = (files: ReadonlyArray<string>) => Effect.flatMap(sourcesOf(files), AccessPolicy.merge)

export const checkpointsOf = (policy: AccessPolicy.AccessPolicy) =>
  Effect.map(AccessPolicy.resolve(policy), (resolved) => resolved.map(({ checkpoint }) => checkpoint))
