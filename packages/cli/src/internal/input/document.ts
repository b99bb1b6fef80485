/** Files that a command reads: their errors in one line, and the detection of their kinds by their text. */

import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as FakeEmulator from "@checkpoint-permissions/fake/emulator"
import { InvalidSetting } from "@checkpoint-permissions/fake/invalidSetting"
import { printable, visibleJson } from "@checkpoint-permissions/protocol/text"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { isNonEmptyReadonlyArray } from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type CommandError, failed, wrongUse } from "../command/failure.ts"
import * as Screen from "../terminal/screen.ts"
import { schemaMessage } from "./option.ts"

export const fileReason = (error: PlatformError): string => {
  if (error._tag === "BadArgument") return "invalid file name"
  switch (error.reason) {
    case "NotFound":
      return "no such file or folder"
    case "PermissionDenied":
      return "permission denied: check owner and mode"
    default: {
      const code = /\b(E[A-Z]{3,})\b/.exec(error.message)?.[1] ?? error.reason
      return code === "ENOSPC" ? "disk full (ENOSPC)" : code === "EISDIR" ? "not a regular file" : code
    }
  }
}

/** Reads the text of a file. Errors contain `what` and the name of the file. */
export const read = (what: string, path: string): Effect.Effect<string, CommandError, FileSystem.FileSystem> =>
  FileSystem.FileSystem.pipe(
    Effect.flatMap((fs) => fs.readFileString(path)),
    Effect.mapError((error) =>
      wrongUse(`${what} ${printable(JSON.stringify(path.replace(/\bsk-.*/, "sk-…")))}: ${fileReason(error)}`)
    )
  )

/** Reads a file of keys. Warns if users other than its owner may read it, except on Windows. */
export const readSecret = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const { sep } = yield* Path.Path
  const text = yield* read("key file", path)
  const mode = yield* Effect.orElseSucceed(
    Effect.map(fs.stat(path), (stat) => stat.mode & 0o777),
    () => 0
  )
  if (sep !== "\\" && (mode & 0o077) !== 0) {
    yield* Screen.warn(
      `key file ${printable(JSON.stringify(path))} is readable by others (mode ${mode.toString(8).padStart(4, "0")}): run chmod 600`
    )
  }
  return text
})

/** Reads the text of a file, or of standard input by the name `-`. */
export const readText = (
  what: string,
  path: string
): Effect.Effect<string, CommandError, FileSystem.FileSystem | Screen.Screen> =>
  path === "-"
    ? Effect.flatMap(Screen.Screen, (screen) =>
        Effect.mapError(screen.input, ({ reason }) => failed(`standard input cannot be read: ${printable(reason)}`))
      )
    : read(what, path)

const kinds = {
  policy: "a policy: pass it as --file to plan or apply, or as --from to audit or export",
  plan: "a plan, as plan --out saves it: pass it to apply or show",
  audit: "an audit, as audit --json prints it: pass it as --from",
  csv: "an audit as CSV, which no command reads: pass the JSON of audit --json",
  page: "an audit as HTML, which no command reads: pass the JSON of audit --json",
  inventory: "an inventory, as discover --json prints it: pass it as --from",
  journal: "a journal, as apply --journal writes it: pass it as --from, for the ids in it"
}

export type Kind = keyof typeof kinds

const parseJson = Schema.decodeEither(Schema.parseJson())
const isSaved = Schema.is(Schema.Struct({ format: Schema.TemplateLiteral("checkpoint-permissions/", Schema.String) }))

/** Returns the format of a document of this program. It is the first key, also of a text that is cut. */
const formatOf = (text: string): string | undefined => {
  const [, first] = /^\s*\{\s*"format"\s*:\s*"(checkpoint-permissions\/\w+)"/.exec(text) ?? []
  if (first !== undefined || !/^\s*\{[\s\S]*"checkpoint-permissions\//.test(text)) return first
  // another program may have sorted the keys; a text in the format YAML may quote the name of a format
  return Option.getOrUndefined(Either.getRight(parseJson(text)).pipe(Option.filter(isSaved)))?.format
}

const byFormat: Readonly<Record<string, Kind>> = {
  "checkpoint-permissions/plan": "plan",
  "checkpoint-permissions/matrix": "audit",
  "checkpoint-permissions/inventory": "inventory"
}

const byText: ReadonlyArray<readonly [Kind, RegExp]> = [
  ["journal", /^\s*\{[^\n]*"event":"(intent|result|found)"/],
  ["csv", /^checkpoint,(read_at|project),/],
  ["page", /^<!doctype html>[\s\S]{0,600}trusted-types 'none'/]
]

/** Returns true for a mapping, in YAML or JSON, with both keys of a policy. */
const isPolicy = (text: string): boolean => {
  const lines = /^\s*\{/.test(text) ? text.replace(/[{,]/g, "\n") : text
  return /^\s*"?version"?\s*:/m.test(lines) && /^\s*"?checkpoints"?\s*:/m.test(lines)
}

export const kindOf = (text: string): Kind | undefined =>
  byText.find(([, form]) => form.test(text))?.[0] ??
  byFormat[formatOf(text) ?? ""] ??
  (isPolicy(text) ? "policy" : undefined)

export interface Document {
  readonly text: string
  readonly name: string
}

export const inDocument = ({ name }: Pick<Document, "name">) =>
  Effect.mapError(({ message }: { readonly message: string }) => wrongUse(`${printable(name)}: ${message}`))

/**
 * Reads a file, or standard input by the name `-`. Refuses a text that is obviously of another kind, and
 * names the command that reads it.
 */
export const readDocument = (what: string, path: string, accepted: ReadonlyArray<Kind>) =>
  Effect.flatMap(readText(what, path), (text) => {
    const name = path === "-" ? "standard input" : path
    const kind = kindOf(text)
    return kind === undefined || accepted.includes(kind)
      ? Effect.succeed<Document>({ text, name })
      : wrongUse(`${printable(name)} is ${kinds[kind]}`)
  })

const isFolder = (path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    Effect.orElseSucceed(
      Effect.map(fs.stat(path), ({ type }) => type === "Directory"),
      () => false
    )
  )

/** Returns true for the name of a file that a folder of policies may have. */
export const isPolicyFile = (name: string): boolean => /^[^./][^/]*\.(ya?ml|json)$/.test(name)

/** Returns the policy files of a folder, sorted. Skips documents of other formats, and names them. */
const filesIn = Effect.fnUntraced(function* (folder: string) {
  const fs = yield* FileSystem.FileSystem
  const names = yield* Effect.mapError(fs.readDirectory(folder), (error) =>
    wrongUse(`folder ${printable(JSON.stringify(folder))}: ${fileReason(error)}`)
  )
  const files = names
    .filter(isPolicyFile)
    .sort()
    .map((name) => `${folder.replace(/\/+$/, "")}/${name}`)
  return yield* Effect.filter(files, (file) =>
    Effect.flatMap(read("policy", file), (text) => {
      const format = formatOf(text)
      return format === undefined
        ? Effect.succeed(true)
        : Effect.as(Screen.warn(`${printable(file)} is not a policy (${format}): skipped`), false)
    })
  )
})

/** Returns files, with the policy files of folders in place of the folders. */
export const policyFilesOf = (given: ReadonlyArray<string>) =>
  Effect.map(
    Effect.forEach(given, (path) =>
      Effect.if(isFolder(path), { onTrue: () => filesIn(path), onFalse: () => Effect.succeed([path]) })
    ),
    (files) => files.flat()
  )

/** The default policy of a command, used if the file exists. */
const defaultPolicy = "access/policy.yaml"

/** The folder of the policy without the default file, used if it exists. */
const defaultFolder = "access"

/** Returns the files and folders of a policy, or the default ones if they exist. */
export const pathsOf = Effect.fnUntraced(function* (given: ReadonlyArray<string>) {
  const fs = yield* FileSystem.FileSystem
  const exists = (path: string) => Effect.orElseSucceed(fs.exists(path), () => false)
  const byDefault = (yield* exists(defaultPolicy)) ? defaultPolicy : defaultFolder
  return given.length > 0 ? given : (yield* isFolder(defaultFolder)) ? [byDefault] : []
})

/** Reads the files of a policy, or the default ones if they exist. */
export const sourcesIfAny = Effect.fnUntraced(function* (given: ReadonlyArray<string>) {
  const files = yield* policyFilesOf(yield* pathsOf(given))
  if (given.length > 0 && files.length === 0) {
    return yield* wrongUse(`no policy in ${given.map((path) => printable(path)).join(", ")}`)
  }
  return yield* Effect.forEach(files, (file) =>
    Effect.map(readDocument("policy", file, ["policy"]), ({ name, text }) => ({ text, file: name }))
  )
})

export const sourcesOf = Effect.fnUntraced(function* (given: ReadonlyArray<string>) {
  const sources = yield* sourcesIfAny(given)
  if (!isNonEmptyReadonlyArray(sources)) {
    return yield* wrongUse(
      `no policy: pass --file <policy> or create ${defaultPolicy} or another file in the folder ${defaultFolder}`
    )
  }
  return sources
})

export const diagnosticsJson = (diagnostics: ReadonlyArray<AccessPolicy.Diagnostic>): string =>
  `${visibleJson(JSON.stringify({ diagnostics }, null, 2))}\n`

/** Prints the diagnostics of an invalid policy as JSON on standard output, and fails with the policy's error. */
export const withDiagnostics = <A, R>(self: Effect.Effect<A, AccessPolicy.InvalidPolicy, R>) =>
  Effect.tapError(self, ({ diagnostics }) => Screen.print(diagnosticsJson(diagnostics)))

export const checkpointsOf = (policy: AccessPolicy.AccessPolicy) =>
  Effect.map(AccessPolicy.resolve(policy), (resolved) => resolved.map(({ checkpoint }) => checkpoint))

export const settingMessage = ({ field, reason }: InvalidSetting): string =>
  field === "" ? reason : `${field}: ${reason}`

/** Returns the value that a check of the fake accepts, or its refusal. */
export const accepted = <A>(check: () => A): Either.Either<A, InvalidSetting> => {
  try {
    return Either.right(check())
  } catch (error) {
    if (error instanceof InvalidSetting) return Either.left(error)
    throw error
  }
}

/** Reads a file of seed data, such as `{"ft:…": ["proj_a", {"project_id": "proj_b", "id": "cp_1"}]}`. */
export const loadSeed = Effect.fnUntraced(function* (path: string) {
  const named = `seed file ${printable(JSON.stringify(path))}`
  const value = yield* Either.mapLeft(parseJson(yield* read("seed file", path)), (error) =>
    wrongUse(`${named} is not JSON: ${schemaMessage(error)}`)
  )
  return yield* Either.mapLeft(
    accepted(() => FakeEmulator.parseSeed(value)),
    (error) => wrongUse(`${named}: ${settingMessage(error)}`)
  )
})

/** Reads a file of settings in YAML or JSON. Returns its value and its name for errors. */
export const loadSettings = Effect.fnUntraced(function* (path: string) {
  const text = yield* read("settings file", path)
  const named = `settings file ${printable(JSON.stringify(path))}`
  // loaded only here: most emulators have no such file
  const { parseDocument } = yield* Effect.promise(() => import("yaml"))
  const document = parseDocument(text, { prettyErrors: true })
  const [problem] = [...document.errors, ...document.warnings]
  if (problem !== undefined) {
    return yield* wrongUse(`${named}: ${problem.message.split(/:?\n/)[0] ?? "it is not YAML"}`)
  }
  const value: unknown = yield* Effect.orElseSucceed(
    Effect.try(() => document.toJS()),
    () => undefined
  )
  return { named, value }
})
