/** An audit as CSV, as lines separated by tabs, and as Markdown: a line for each project at a checkpoint. */
import { counts, nameOf, projects } from "../audit/cells.ts"
import type { AccessMatrix, Cell } from "../audit/matrix.ts"
import { markIn } from "../audit/modelPermissions.ts"
import { type Entry, type EntryOptions, entriesOf, footer } from "./entries.ts"
import { line, tabbed, table } from "./formats.ts"
import { second } from "./text.ts"

const accessWords: { readonly [Tag in Cell["_tag"]]: string } = {
  Access: "yes",
  Owner: "owner",
  None: "none",
  NoPermission: "no permission",
  Unknown: "unknown"
}

const columns: ReadonlyArray<readonly [title: string, of: (entry: Entry, matrix: AccessMatrix) => string]> = [
  ["checkpoint", ({ row }) => row.checkpoint],
  ["project", ({ project = "" }) => project],
  ["name", ({ project = "" }, matrix) => nameOf(matrix, project) ?? ""],
  ["access", ({ cell }) => accessWords[cell._tag]],
  ["since", ({ cell }) => (cell._tag === "Access" ? second(cell.since) : "")],
  ["permissions", ({ cell }) => (cell._tag === "Access" ? String(cell.permissions) : "")],
  ["granted_by", ({ by }) => by.join(", ")],
  ["retires", ({ row }) => row.retires ?? ""],
  ["read_at", ({ row }) => second(row.readAt)],
  ["reason", ({ cell }) => (cell._tag === "Unknown" ? cell.reason : "")],
  ["model_permissions", ({ project, row }) => markIn(row, project) ?? ""]
]

/** Returns the rows of each checkpoint, one checkpoint after the other. */
const rowsOf = <A>(
  matrix: AccessMatrix,
  options: EntryOptions,
  of: (rows: ReadonlyArray<ReadonlyArray<string>>) => A
): ReadonlyArray<A> => {
  const ids = projects(matrix)
  return matrix.rows.map((row) =>
    of(entriesOf(matrix, row, ids, options).map((entry) => columns.map(([, cell]) => cell(entry, matrix))))
  )
}

/**
 * Returns the matrix as CSV (RFC 4180): a line for each project with access, and for unknown access. No cell is a
 * formula: an apostrophe is put before one, and before an apostrophe. Invisible characters are escaped (`\u001b`);
 * {@link toJson} loses nothing.
 *
 * @category rendering
 */
export const toCsv = (matrix: AccessMatrix, options: EntryOptions = {}): string =>
  line(columns.map(([title]) => title)) + rowsOf(matrix, options, (rows) => rows.map(line).join("")).join("")

/**
 * Returns the rows of {@link toCsv} without a header, with cells separated by tabs.
 *
 * @category rendering
 */
export const toLines = (matrix: AccessMatrix, options: EntryOptions = {}): string =>
  rowsOf(matrix, options, (rows) => rows.map(tabbed).join("")).join("")

const inMarkdown = [
  "checkpoint",
  "project",
  "name",
  "access",
  "since",
  "granted_by",
  "retires",
  "reason",
  "model_permissions"
]

/**
 * Returns the matrix as Markdown: a summary, and a table with a row for each project with access and for unknown
 * access. The table has at most `rows` rows (default 200). Further rows are left out and counted.
 *
 * @category rendering
 */
export const toMarkdown = (
  matrix: AccessMatrix,
  { rows: most, ...options }: EntryOptions & { readonly rows?: number | undefined } = {}
): string => {
  const cells = (all: ReadonlyArray<string>) => all.filter((_, at) => inMarkdown.includes(columns[at]?.[0] ?? ""))
  const { incomplete } = counts(matrix)
  return [
    `### Who can use what${incomplete === 0 ? "" : ": incomplete"}`,
    "",
    ...footer(matrix, options),
    "",
    ...table(
      inMarkdown.map((title) => title.replaceAll("_", " ")),
      rowsOf(matrix, options, (rows) => rows.map(cells)).flat(),
      most
    )
  ].join("\n")
}
