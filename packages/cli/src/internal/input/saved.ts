/** Documents that a command is given: saved audits, which answer by themselves, inventories, journals and policies. */
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as Inventory from "@checkpoint-permissions/access/Inventory"
import * as Journal from "@checkpoint-permissions/access/Journal"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import { pluralize, printable } from "@checkpoint-permissions/protocol/text"
import { FileSystem } from "@effect/platform/FileSystem"
import { isNonEmptyReadonlyArray } from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import { type Failure, wrongUse } from "../failure.ts"
import type { ServerOptions } from "../server/server.ts"
import * as Screen from "../terminal/screen.ts"
import { time } from "../terminal/time.ts"
import { documentsOf, type Given, givenBy } from "./checkpoints.ts"
import { type Document, inDocument, kindOf, readDocument } from "./document.ts"
import { file, firstGiven } from "./option.ts"

const auditOf = (document: Document) => inDocument(document)(AccessMatrix.fromJson(document.text))

export const loadAudit = (file: string) => Effect.flatMap(readDocument("audit", file, ["audit"]), auditOf)

/** How old what it says is, by its oldest row. */
export const ageOf = (matrix: AccessMatrix.AccessMatrix): Effect.Effect<string> =>
  Effect.map(DateTime.now, (now) => {
    const oldest = matrix.rows.reduce((first, { readAt }) => DateTime.min(first, readAt), matrix.createdAt)
    const distance = time(DateTime.distanceDuration(oldest, now))
    const when = DateTime.greaterThan(oldest, now)
      ? `which is ${distance} in the future by the clock of this machine`
      : `${distance} ago`
    return `From an audit of ${DateTime.formatIso(oldest)}, ${when}: what has changed since is not in it.`
  })

/** Says what was found in a file of `--from`. */
const found = (command: string, name: string, what: string, checkpoints: number, rest = "") =>
  Screen.complain(`${command}: ${printable(name)} is ${what} of ${pluralize(checkpoints, "checkpoint")}${rest}`)

/**
 * A saved audit answers by itself: none of the options that choose what to ask of whom goes with it. `clash` is one that
 * is given. `showsAge` is false where what is printed has its age.
 */
export const answering = Effect.fnUntraced(function* (
  command: string,
  document: Document,
  server: ServerOptions,
  clash: string | undefined,
  showsAge = true
) {
  const matrix = yield* auditOf(document)
  const wrong = clash ?? firstGiven(server, "fake", "apiUrl", "adminKeyFile", "rate")
  if (wrong !== undefined) {
    return yield* wrongUse(
      `${printable(document.name)} is a saved audit, and no server is asked: leave out ${wrong}, or --from`
    )
  }
  yield* found(
    command,
    document.name,
    "an audit",
    matrix.rows.length,
    `: no server is asked${showsAge ? `. ${yield* ageOf(matrix)}` : ""}`
  )
  return matrix
})

const words = { policy: "a policy", inventory: "an inventory" } as const

/** What `--from` and the arguments name: a saved audit, or checkpoints to read. */
export const savedOrGiven = Effect.fnUntraced(function* (
  command: string,
  options: ServerOptions & {
    readonly checkpoints: ReadonlyArray<CheckpointId>
    readonly from: ReadonlyArray<string>
  },
  clash: string | undefined
): Effect.fn.Return<
  { readonly saved: AccessMatrix.AccessMatrix; readonly name: string } | { readonly given: Given },
  Failure,
  FileSystem | Screen.Screen
> {
  const { checkpoints, from } = options
  const documents = yield* documentsOf(from)
  const saved = documents.find(({ text }) => kindOf(text) === "audit")
  if (saved !== undefined) {
    const more = checkpoints.length > 0 ? "the arguments" : documents.length > 1 ? "the other files" : clash
    return { saved: yield* answering(command, saved, options, more), name: saved.name }
  }
  const given = yield* givenBy(checkpoints, documents, ({ name, text }, count) => {
    const kind = kindOf(text)
    return found(command, name, kind === "policy" || kind === "inventory" ? words[kind] : "a list", count)
  })
  return { given }
})

export const inventoryOption = file(
  "inventory",
  "What discover --out saved: names, owners, who granted what, and what retires. Its checkpoints, if no others are named."
)

export const loadInventory = (path: Option.Option<string>) =>
  Effect.transposeMapOption(path, (name) =>
    Effect.flatMap(readDocument("inventory", name, ["inventory"]), (document) =>
      inDocument(document)(Inventory.fromJson(document.text))
    )
  )

/** The entries of journals. Lines that were left unfinished are told. */
export const loadJournals = (files: ReadonlyArray<string>) =>
  Effect.map(
    Effect.forEach(files, (file) =>
      Effect.gen(function* () {
        const { name, text } = yield* readDocument("journal", file, ["journal"])
        const { entries, torn } = Journal.fromLines(text)
        if (torn > 0 && entries.length === 0) {
          return yield* wrongUse(`${printable(name)} is no journal: pass what --journal of apply wrote`)
        }
        if (torn > 0)
          yield* Screen.complain(`${printable(name)}: ${pluralize(torn, "line")} left unfinished, not counted`)
        return entries
      })
    ),
    (all) => all.flat()
  )

/** The policy of a command that names none, if the file exists. */
const defaultPolicy = "access/policy.yaml"

/** The texts of the files that a policy is in, one at least. */
export const sourcesOf = Effect.fnUntraced(function* (given: ReadonlyArray<string>) {
  const fs = yield* FileSystem
  const isDefault = given.length === 0 && (yield* Effect.orElseSucceed(fs.exists(defaultPolicy), () => false))
  const sources = yield* Effect.forEach(isDefault ? [defaultPolicy] : given, (file) =>
    Effect.map(readDocument("policy", file, ["policy"]), ({ name, text }) => ({ text, file: name }))
  )
  if (!isNonEmptyReadonlyArray(sources)) {
    return yield* wrongUse(`there is no policy: pass --file <policy>, or write ${defaultPolicy}`)
  }
  return sources
})

export const loadPolicy = (files: ReadonlyArray<string>) => Effect.flatMap(sourcesOf(files), AccessPolicy.merge)

export const checkpointsOf = (policy: AccessPolicy.AccessPolicy) =>
  Effect.map(AccessPolicy.resolve(policy), (resolved) => resolved.map(({ checkpoint }) => checkpoint))
