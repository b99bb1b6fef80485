import { visible } from "@checkpoint-permissions/protocol/text"
import { accessIn, cellOf, grantedBy, nameOf, projects } from "../audit/cells.ts"
import type { AccessMatrix, Cell, Row } from "../audit/matrix.ts"
import { second } from "./parts.ts"

/** What spreadsheets take for the beginning of a formula, in the full width forms of East Asia too. */
const formula = /^['"\s]*[=+\-@\uff1d\uff0b\uff0d\uff20]/

/** What would begin a cell with a formula where the semicolon, not the comma, separates cells. */
const afterSemicolon = /;(?=['"\s]*[=+\-@\uff1d\uff0b\uff0d\uff20])/g

/**
 * A cell that is text whatever reads it. An apostrophe before what could be a formula, and before an apostrophe, so
 * that it can be told and taken off again.
 */
const neutral = (text: string): string => {
  const shown = visible(text).replace(afterSemicolon, "\\u003b")
  return formula.test(shown) || shown.startsWith("'") ? `'${shown}` : shown
}

/** RFC 4180. White space at an end is quoted too, since some readers trim. */
const quoted = (text: string): string => (/[",]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** A line of CSV. */
export const line = (cells: ReadonlyArray<string>): string =>
  `${cells.map((cell) => quoted(neutral(cell))).join(",")}\r\n`

const words = { Owner: "owner", None: "none", NoPermission: "no permission", Unknown: "unknown" } as const

const textOf = (cell: Cell): string => (cell._tag === "Access" ? second(cell.since) : words[cell._tag])

/** The day on which the model of a row retires, if it is known of one row. */
const factsOf = (matrix: AccessMatrix) =>
  [{ title: "retires", of: ({ retires = "" }: Row) => retires }].filter(({ of }) =>
    matrix.rows.some((row) => of(row) !== "")
  )

/** The projects of which an inventory has who granted them access. */
const withGranters = ({ rows }: AccessMatrix): ReadonlySet<string> =>
  new Set(
    rows.flatMap(({ permissions }) =>
      permissions.flatMap(({ by, project_id }) => (by === undefined ? [] : [project_id]))
    )
  )

/** Who granted an access, in a column that has it of another. */
const granters = (row: Row, project: string): string => grantedBy(row, project).join(", ") || words.Unknown

/** A line for each checkpoint, a column for each project. */
const table = (matrix: AccessMatrix): string => {
  const granted = withGranters(matrix)
  const ofProjects = projects(matrix).flatMap((project) => {
    const name = nameOf(matrix, project)
    const title = name === undefined ? project : `${project} ${name}`
    const by = (row: Row) => (cellOf(matrix, row, project)._tag === "Access" ? granters(row, project) : "")
    return [
      { title, of: (row: Row) => textOf(cellOf(matrix, row, project)) },
      ...(granted.has(project) ? [{ title: `${title} granted by`, of: by }] : [])
    ]
  })
  const columns = [
    { title: "checkpoint", of: ({ checkpoint }: Row) => checkpoint },
    { title: "read_at", of: ({ readAt }: Row) => second(readAt) },
    { title: "complete", of: ({ complete }: Row) => (complete ? "yes" : "no") },
    { title: "reason", of: (row: Row) => (row.complete ? "" : row.reason) },
    ...factsOf(matrix),
    ...ofProjects
  ]
  return [columns.map(({ title }) => title), ...matrix.rows.map((row) => columns.map(({ of }) => of(row)))]
    .map(line)
    .join("")
}

/**
 * A line for each project that has access or owns, and one for what else there is to say of a checkpoint: that all
 * others are unknown, or that nobody has a permission. So every checkpoint is in it.
 */
const list = (matrix: AccessMatrix): string => {
  const facts = factsOf(matrix)
  const isGranted = withGranters(matrix).size > 0
  const lines = matrix.rows.flatMap((row) => {
    const entry = (project: string, access: string, since = "", permissions = "", reason = ""): string => {
      const name = project === "" ? "" : (nameOf(matrix, project) ?? "")
      const by = isGranted ? [since === "" ? "" : granters(row, project)] : []
      const cells = [row.checkpoint, project, name, access, since, permissions, second(row.readAt), reason]
      return line([...cells, ...facts.map(({ of }) => of(row)), ...by])
    }
    const { known, others } = accessIn(matrix, row)
    const entries = known.map(({ cell, project }) =>
      cell._tag === "Owner"
        ? entry(project, "owner")
        : entry(project, "yes", second(cell.since), String(cell.permissions))
    )
    if (others === undefined) return entries
    const asked = matrix.project ?? ""
    const last =
      others._tag === "Unknown" ? entry(asked, words.Unknown, "", "", others.reason) : entry(asked, words[others._tag])
    return [...entries, last]
  })
  const head = ["checkpoint", "project", "name", "access", "since", "permissions", "read_at", "reason"]
  return [line([...head, ...facts.map(({ title }) => title), ...(isGranted ? ["granted_by"] : [])]), ...lines].join("")
}

/**
 * How a matrix is written as CSV.
 *
 * @category rendering
 */
export interface CsvOptions {
  /**
   * `table`, the default: a line for each checkpoint, a column for each project. `list`: a line for each project of
   * each checkpoint, for databases.
   */
  readonly form?: "table" | "list" | undefined
}

/**
 * The matrix as CSV (RFC 4180). No cell is a formula: what begins like one has an apostrophe before it, and so has what
 * begins with an apostrophe, so that whoever imports it can take one off. `none` is no access, `no permission` the same
 * where the owner of the model is not known. Retirement and the users who granted access have columns where they are
 * known. Invisible characters are spelt out (`\u001b`); {@link toJson} is the form that loses nothing.
 *
 * @category rendering
 */
export const toCsv = (matrix: AccessMatrix, { form }: CsvOptions = {}): string =>
  form === "list" ? list(matrix) : table(matrix)
