/** Audits that were saved as JSON, shown or worked with again without a server. */
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import { printable } from "@checkpoint-permissions/access/TerminalText"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import { counted } from "@checkpoint-permissions/protocol/text"
import type { FileSystem } from "@effect/platform/FileSystem"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { type Failure, wrongUse } from "../failure.ts"
import type { ServerOptions } from "../server/options.ts"
import * as Screen from "../terminal/screen.ts"
import { time } from "../terminal/time.ts"
import { documentsOf, type Given, givenBy } from "./checkpoints.ts"
import { type Document, inDocument, kindOf, readDocument } from "./document.ts"
import { firstGiven } from "./option.ts"

const parse = (document: Document) => inDocument(document)(AccessMatrix.fromJson(document.text))

export const loadOne = (file: string): Effect.Effect<AccessMatrix.AccessMatrix, Failure, FileSystem | Screen.Screen> =>
  Effect.flatMap(readDocument("audit", file, ["audit"]), parse)

/** How old what it says is, by its oldest row. */
export const age = (matrix: AccessMatrix.AccessMatrix): Effect.Effect<string> =>
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
  Effect.flatMap(Screen.Screen, ({ complain }) =>
    complain(`${command}: ${printable(name)} is ${what} of ${counted(checkpoints, "checkpoint")}${rest}`)
  )

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
  const matrix = yield* parse(document)
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
    `: no server is asked${showsAge ? `. ${yield* age(matrix)}` : ""}`
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
