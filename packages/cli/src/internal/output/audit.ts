/** An audit in each of its forms. */
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessReview from "@checkpoint-permissions/access/AccessReview"
import { pluralize, printable } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { type CommandError, wrongUse } from "../command/failure.ts"
import type { OptionsOf } from "../command/run.ts"
import { flag, formOf, oneOf, option, optional } from "../input/option.ts"
import { force, maxDuration, out, rate, serverOptions } from "../input/options.ts"
import { fakeUrl } from "../server/server.ts"
import * as Screen from "../terminal/screen.ts"
import { targetOf } from "./file.ts"

const formats = ["text", "lines", "csv", "markdown", "html"] as const

type Format = (typeof formats)[number] | "json"

const endings: Readonly<Record<string, Format>> = {
  html: "html",
  htm: "html",
  csv: "csv",
  json: "json",
  md: "markdown",
  txt: "text"
}

/** Returns the format by the extension of a file. A file without an extension has none. Fails for any other extension. */
const formatOf = (path: Option.Option<string>): Either.Either<Format | undefined, CommandError> => {
  const [, ending] = /\.(\w+)$/.exec(Option.getOrElse(path, () => "")) ?? []
  if (ending === undefined) return Either.right(undefined)
  const format = endings[ending.toLowerCase()]
  return format === undefined
    ? Either.left(wrongUse(`--out: unknown extension .${ending}: pass .csv, .md, .html, .json or .txt, or --format`))
    : Either.right(format)
}

export const auditOptions = {
  format: option("format", "form", oneOf(formats, `unknown format: pass ${formats.join(", ")}, or use --json`)).pipe(
    optional(
      "text (at a terminal), lines (elsewhere), csv, markdown or html (one page). Default with --out: by the extension, .csv, .md, .html or .json."
    )
  ),
  json: flag("json", "Print JSON."),
  out: out("Write to this file instead of standard output.", "an existing audit"),
  force,
  maxDuration,
  rate,
  ...serverOptions
}

export const outputOf = Effect.fnUntraced(function* (options: OptionsOf<typeof auditOptions>) {
  const screen = yield* Screen.Screen
  const byScreen = screen.table.width === undefined && Option.isNone(options.out) ? "lines" : "text"
  const isGiven = options.json || Option.isSome(options.format)
  const byName = isGiven ? undefined : yield* formatOf(options.out)
  const format = yield* formOf(options, byName ?? byScreen)
  return { format, target: yield* targetOf(options, "audit file", "audit", "csv", "page") }
})

/** Returns the number of checkpoints that were not read to the end, with the reason of the first. */
export const unreadText = ({ rows }: AccessMatrix.AccessMatrix): string | undefined => {
  const unread = rows.flatMap((row) => (row.complete ? [] : [row.reason]))
  const counts = `${unread.length} of ${pluralize(rows.length, "checkpoint")} incomplete`
  return unread[0] === undefined ? undefined : `${counts} (${printable(unread[0])})`
}

/** Returns an audit in a form. Lines and CSV cannot contain notes, so their notes are printed on standard error. */
export const rendered = Effect.fnUntraced(function* (
  matrix: AccessMatrix.AccessMatrix,
  format: Format,
  { all, named }: { readonly all: boolean; readonly named: Iterable<string> }
) {
  const screen = yield* Screen.Screen
  const notes = caveats(matrix)
  switch (format) {
    case "text": {
      const without = all || matrix.project === undefined ? [] : withoutRow(matrix, named)
      const text = AccessMatrix.toText(matrix, { ...screen.table, all })
      return [text, ...[...without, ...notes].map((line) => `${line}\n`)].join("")
    }
    case "markdown":
      return [AccessMatrix.toMarkdown(matrix, { all }), ...notes].join("\n")
    case "lines":
    case "csv":
      yield* Effect.forEach([...notes, ...linesBeside(matrix, all, named)], screen.warn)
      return format === "csv" ? AccessMatrix.toCsv(matrix, { all }) : AccessMatrix.toLines(matrix, { all })
    case "json":
      return AccessMatrix.toJson(matrix)
    case "html":
      return AccessMatrix.toHtml(matrix, { notes: [...notes, ...unreadIn(matrix)] })
  }
})

const linesBeside = (
  matrix: AccessMatrix.AccessMatrix,
  all: boolean,
  named: Iterable<string>
): ReadonlyArray<string> =>
  matrix.review === undefined
    ? [...unreadIn(matrix), ...(all ? [] : withoutRow(matrix, named))].map((line) => `audit: ${line}`)
    : AccessReview.summary(matrix).map((line) => `review: ${line}`)

/** The maximum number of lines about checkpoints without access. */
const maxLines = 50

/** Returns a line for each named checkpoint without access, and one line for all others. */
const withoutRow = (matrix: AccessMatrix.AccessMatrix, named: Iterable<string>): ReadonlyArray<string> => {
  const wanted = new Set(named)
  const without = AccessMatrix.withoutAccess(matrix)
  const shown = without.filter(({ checkpoint }) => wanted.has(checkpoint)).slice(0, maxLines)
  const others = without.length - shown.length
  return [
    ...shown.map(({ text }) => text),
    ...(others === 0 ? [] : [`${pluralize(others, "more checkpoint")} without access (--all)`])
  ]
}

/** Returns a line with the reason why the log was not read to its end, if there is one. */
const unreadIn = ({ logFailure }: AccessMatrix.AccessMatrix): ReadonlyArray<string> =>
  logFailure === undefined ? [] : [`actors of grants may be missing: ${printable(logFailure)}`]

/** A note for projects without a permission, since no listing shows the owner. */
export const ownerNote = "the owner of a model always has access"

export const caveats = ({ apiUrl }: { readonly apiUrl: string }): ReadonlyArray<string> =>
  apiUrl === fakeUrl ? ["Made with --fake: no real server was used."] : []

export const noExpiryNote = "Expiry dates (until) are not stored by the API and are not exported."
