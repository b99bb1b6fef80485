/** The rows of an audit, one for each project at a checkpoint, and its summary. */
import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { pluralize, printable, printableId } from "@checkpoint-permissions/protocol/text"
import { byProject } from "@checkpoint-permissions/protocol/writes"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import { day, minute, sentences } from "../text/columns.ts"
import { cellOf, counts, formatCreator, hasServerOwner, projects as projectsOf } from "./cells.ts"
import type { AccessMatrix, Cell, Row } from "./matrix.ts"

/** The selection of entries. */
export interface EntryOptions {
  /** Whether to include projects without access. Unknown access is always included. Default: false. */
  readonly all?: boolean | undefined
}

/** A cell with its row and project: access, no access or unknown. */
export interface Entry {
  readonly row: Row
  /** Missing if the entry is about all projects that have no entry of their own. */
  readonly project: ProjectId | undefined
  readonly cell: Cell
  /** The actors that granted the access, or the reason why none is known, each once. */
  readonly by: ReadonlyArray<string>
  /** The project in a review. */
  readonly reviewed?: ReviewedProject | undefined
}

type ReviewedProject = NonNullable<Row["review"]>["projects"][number]

/** Returns the last day of an access in the policy, and its marks. Empty in an audit. */
export const reviewNote = ({ reviewed }: Pick<Entry, "reviewed">): string => {
  const { marks = [], reason, until } = reviewed ?? {}
  const end = until === undefined ? "" : `  until ${until}${reason === undefined ? "" : ` (${printable(reason)})`}`
  return end + marks.map((mark) => `  ! ${mark}`).join("")
}

/** Returns the time of the next review of a row, and the last one. Empty in an audit. */
export const reviewTime = (matrix: AccessMatrix, { review }: Row): string => {
  if (review === undefined) return ""
  const day = matrix.review?.day ?? ""
  const { dueSince, isDue, lastReview } = review
  const due = dueSince === undefined ? (isDue ? "due" : "never due") : `due ${isDue ? "since" : "on"} ${dueSince}`
  if (lastReview === undefined) return `  ${due}, never reviewed`
  return `  ${due}, last review ${lastReview}${lastReview > day ? " (after today)" : ""}`
}

interface ShownOptions extends EntryOptions {
  /** True for an entry of each checkpoint, also if no project has access. */
  readonly each?: boolean | undefined
}

/** Returns an entry for each of `columns`, the matrix's projects, at a checkpoint. */
export const cellsAt = (matrix: AccessMatrix, row: Row, columns: ReadonlyArray<ProjectId>): ReadonlyArray<Entry> => {
  const permissionsByProject = byProject(row.permissions)
  const reviewed = new Map(row.review?.projects.map((one) => [one.project, one]))
  return columns.map((project) => {
    const permissions = permissionsByProject.get(project) ?? []
    const cell = cellOf(matrix, row, project, permissions)
    const actors = permissions.flatMap(({ by }) => (by === undefined ? [] : [formatCreator(by)]))
    const by = cell._tag === "Access" ? [...new Set(actors)] : []
    return { row, project, cell, by, reviewed: reviewed.get(project) }
  })
}

/** Returns the entries of a checkpoint in the order of `columns`. Unknown ones are last. */
const entriesAt = (
  matrix: AccessMatrix,
  row: Row,
  columns: ReadonlyArray<ProjectId>,
  { all = false, each = all || row.review !== undefined }: ShownOptions
): ReadonlyArray<Entry> => {
  const known = cellsAt(matrix, row, columns).filter(({ cell }) => cell._tag !== "Unknown")
  const shown = all
    ? known
    : known.filter(({ cell, reviewed }) => cell._tag === "Access" || cell._tag === "Owner" || reviewed !== undefined)
  const isAnswered = row.complete || (matrix.project !== undefined && known.length > 0)
  if (!isAnswered) {
    return [...shown, { row, project: matrix.project, cell: { _tag: "Unknown", reason: row.reason }, by: [] }]
  }
  if (!each || shown.length > 0) return shown
  const project = matrix.project
  return [{ row, project, cell: { _tag: hasServerOwner(row) ? "None" : "NoPermission" }, by: [] }]
}

/** Returns a note on an owner that only a policy names. */
export const ownerNote = (cell: Cell): string =>
  cell._tag === "Owner" && cell.source === "policy" ? " by the policy" : ""

/** Maps the entries of each checkpoint. Only those of one checkpoint are in memory at a time. */
export const mapEntries = <A>(
  matrix: AccessMatrix,
  options: ShownOptions,
  of: (entries: ReadonlyArray<Entry>) => A
): ReadonlyArray<A> => {
  const columns = projectsOf(matrix)
  return matrix.rows.map((row) => of(entriesAt(matrix, row, columns, options)))
}

/** Rows read within this time count as one read, in milliseconds. */
const maxSpan = 60_000

/** Returns the span of the reads as `2026-08-01 12:00 to 2026-08-01 12:31 UTC`. Undefined if it is at most a minute. */
export const readSpan = ({ rows }: AccessMatrix): string | undefined => {
  const times = rows.map(({ readAt }) => DateTime.toEpochMillis(readAt))
  const [first, last] = [Math.min(...times), Math.max(...times)]
  const shown = (time: number): string => minute(DateTime.unsafeMake(time))
  return rows.length === 0 || last - first <= maxSpan ? undefined : `${shown(first)} to ${shown(last)} UTC`
}

const retirement = ({ rows }: AccessMatrix): string => {
  const days = rows.flatMap(({ retires }) => retires ?? [])
  return [...new Set(days)]
    .sort()
    .map((day) => `${days.filter((one) => one === day).length} on ${printable(day)}`)
    .join(", ")
}

/** Returns the note on a checkpoint without access, if there is one. */
export const logNote = ({ logSince }: AccessMatrix, { cell, row }: Pick<Entry, "cell" | "row">): string =>
  logSince === undefined || row.notInLog !== true || (cell._tag !== "NoPermission" && cell._tag !== "None")
    ? ""
    : `not named in the audit log since ${day(logSince)}`

/**
 * Returns the checkpoints that were read to the end without finding access, each with a line that says so.
 *
 * @category questions
 */
export const withoutAccess = (
  matrix: AccessMatrix
): ReadonlyArray<{ readonly checkpoint: string; readonly text: string }> =>
  mapEntries(matrix, { each: true }, ([entry]) => {
    const tag = entry?.cell._tag
    if (entry === undefined || (tag !== "NoPermission" && tag !== "None")) return []
    const note = logNote(matrix, entry)
    const what = matrix.project === undefined ? "no permission" : `no permission of ${printableId(matrix.project)}`
    const text = `${printableId(entry.row.checkpoint)}: ${tag === "None" ? "none" : what}`
    return [{ checkpoint: entry.row.checkpoint, text: note === "" ? text : `${text}; ${note}` }]
  }).flat()

const entriesText = (count: number): string => `${count} ${count === 1 ? "entry" : "entries"}`

/**
 * Returns lines about what to write into a file to record the review of its entries. The day of a file is offered only if
 * every entry that it applies to was listed and read.
 */
export const recordLines = ({ review }: AccessMatrix, name: string | undefined): ReadonlyArray<string> =>
  (review?.files ?? []).flatMap(({ differing, entries, file, notReviewed, own }) => {
    if (review === undefined || file !== name) return []
    const at = printable(file)
    const ids = differing.map((one) => printableId(one)).join(", ")
    return [
      ...(differing.length === 0
        ? []
        : [`${differing.length} of them ${differing.length === 1 ? "differs" : "differ"}: decide first: ${ids}`]),
      ...own.map(
        ({ checkpoint, line }) =>
          `To record the review of ${printableId(checkpoint)}: its own lastReview, ${at}:${line}`
      ),
      ...(entries === 0
        ? []
        : notReviewed > 0
          ? [
              `The day of ${at} cannot record this review: ${notReviewed} of its ${entriesText(entries)} not listed or not read`
            ]
          : [`To record this review: \`lastReview: ${review.day}\` in ${at} (${entriesText(entries)})`])
    ]
  })

/** Returns sentences about the listed entries of a review, and the number of each mark. */
export const reviewSentences = ({ review, rows }: AccessMatrix): ReadonlyArray<string | false> => {
  if (review === undefined) return []
  const { day, dueBy, entries, neverDue = 0 } = review
  const all = pluralize(entries, "checkpoint")
  const due = rows.filter((row) => row.review?.isDue === true).length
  const given = rows.flatMap((row) => row.review?.projects ?? []).flatMap(({ marks }) => marks)
  const marks = Object.entries(Arr.groupBy(given, (mark) => mark)).map(([mark, some]) => `${some.length} ${mark}`)
  return [
    neverDue > 0 && `no review of ${neverDue} of ${all} is ever due: without reviewEvery`,
    rows.length === 0 && `no review of ${all} is due by ${dueBy}`,
    rows.length > 0 && `${due} due on ${day}, ${rows.length} of ${all} listed`,
    marks.length > 0 && marks.join("; ")
  ]
}

/**
 * Returns the summary of a matrix in sentences, including its unknown parts.
 *
 * @category rendering
 */
export const footer = (matrix: AccessMatrix): ReadonlyArray<string> => [
  ...(matrix.review?.files ?? []).flatMap(({ file }) => recordLines(matrix, file)),
  ...totals(matrix)
]

/** Returns the summary without the lines about files. */
export const totals = (matrix: AccessMatrix): ReadonlyArray<string> => {
  const { cells, checkpoints, duplicates, incomplete, ownerUnknown, projects } = counts(matrix)
  const owners = matrix.rows.filter((row) => hasServerOwner(row) && row.owner === (matrix.project ?? row.owner)).length
  const stated = matrix.rows.filter((row) => row.owner !== undefined && !hasServerOwner(row)).length
  const parts = [
    `${cells.access} with a permission`,
    owners > 0 && pluralize(owners, "owner"),
    cells.unknown > 0 && `${cells.unknown} unknown`,
    incomplete > 0 && `${pluralize(incomplete, "checkpoint")} not read to the end`,
    duplicates > 0 && pluralize(duplicates, "duplicate permission")
  ].filter((part) => part !== false)
  const retiring = retirement(matrix)
  const span = readSpan(matrix)
  if (matrix.review !== undefined && checkpoints === 0) return sentences(reviewSentences(matrix))
  return sentences([
    ...reviewSentences(matrix),
    `${pluralize(checkpoints, "checkpoint")}, ${pluralize(projects, "project")}: ${parts.join(", ")}`,
    stated > 0 && `${pluralize(stated, "owner")}, named by the policy only`,
    ownerUnknown > stated &&
      `${pluralize(ownerUnknown - stated, "checkpoint")}: owner unknown (owners always have access)`,
    retiring !== "" && `retiring: ${retiring}`,
    span !== undefined && `read ${span}`,
    matrix.projectsFailure !== undefined && `project ids not checked: ${printable(matrix.projectsFailure)}`,
    matrix.logFailure !== undefined && `actors of grants may be missing: ${printable(matrix.logFailure)}`
  ])
}
