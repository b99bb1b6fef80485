/** An audit as CSV, as lines separated by tabs, and as Markdown: a line for each project at a checkpoint. */
import { ascii } from "@checkpoint-permissions/protocol/text"
import { second } from "../text/columns.ts"
import { type Columns, cellsOf, csv, csvLines, tabbed, table } from "../text/formats.ts"
import { counts, nameOf } from "./cells.ts"
import { type Entry, type EntryOptions, footer, logNote, mapEntries, ownerNote } from "./entries.ts"
import type { AccessMatrix, Cell } from "./matrix.ts"

const accessWords: { readonly [Tag in Cell["_tag"]]: string } = {
  Access: "yes",
  Owner: "owner",
  None: "none",
  NoPermission: "no permission",
  Unknown: "unknown"
}

export const accessOf = (cell: Cell): string => accessWords[cell._tag] + ownerNote(cell)

const reviewColumns: Columns<Entry> = [
  ["file", ({ row }) => row.review?.file],
  ["owner", ({ row }) => ascii(row.owner ?? "")],
  ["due", ({ row }) => (row.review?.isDue === true ? "yes" : "no")],
  ["due_since", ({ row }) => row.review?.dueSince],
  ["last_review", ({ row }) => row.review?.lastReview],
  ["until", ({ reviewed }) => reviewed?.until],
  ["until_reason", ({ reviewed }) => reviewed?.reason],
  ["marks", ({ reviewed }) => reviewed?.marks.join("; ")]
]

const columnsOf = (matrix: AccessMatrix): Columns<Entry> => [
  ["checkpoint", ({ row }) => ascii(row.checkpoint)],
  ["project", ({ project }) => (project === undefined ? undefined : ascii(project))],
  ["name", ({ project = "" }) => nameOf(matrix, project)],
  ["access", ({ cell }) => accessOf(cell)],
  ["since", ({ cell }) => (cell._tag === "Access" ? second(cell.since) : undefined)],
  ["permissions", ({ cell }) => (cell._tag === "Access" ? String(cell.permissions) : undefined)],
  ["granted_by", ({ by }) => by.join(", ")],
  ["retires", ({ row }) => row.retires],
  ["reason", ({ cell, row }) => (cell._tag === "Unknown" ? cell.reason : logNote(matrix, { cell, row }))],
  ...(matrix.review === undefined ? [] : reviewColumns),
  // the last one: without it, the lines of two audits differ only if the access differs
  ["read_at", ({ row }) => second(row.readAt)]
]

export const titleOf = ({ review }: AccessMatrix): string =>
  review === undefined ? "Who can use what" : `Access review of ${review.day}`

/**
 * Returns the matrix as CSV (RFC 4180): a line for each project with access, and for unknown access. No cell is a
 * formula: an apostrophe is put before one, and before an apostrophe. Invisible characters are escaped (`\u001b`);
 * {@link toJson} loses nothing.
 *
 * @category rendering
 */
export const toCsv = (matrix: AccessMatrix, options: EntryOptions = {}): string => {
  const columns = columnsOf(matrix)
  return csv(columns, []) + mapEntries(matrix, options, (entries) => csvLines(columns, entries)).join("")
}

/**
 * Returns the rows of {@link toCsv} without a header, with cells separated by tabs.
 *
 * @category rendering
 */
export const toLines = (matrix: AccessMatrix, options: EntryOptions = {}): string => {
  const columns = columnsOf(matrix)
  return mapEntries(matrix, options, (entries) => tabbed(columns, entries)).join("")
}

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
  const columns = columnsOf(matrix).filter(([title]) => title !== "permissions" && title !== "read_at")
  const titles = columns.map(([title]) => title.replaceAll("_", " "))
  const cells = mapEntries(matrix, { ...options, each: true }, (entries) =>
    entries.map((entry) => cellsOf(columns, entry))
  ).flat()
  const { incomplete } = counts(matrix)
  return [
    `### ${titleOf(matrix)}${incomplete === 0 ? "" : ": incomplete"}`,
    "",
    ...footer(matrix),
    "",
    ...table(titles, cells, most)
  ].join("\n")
}
