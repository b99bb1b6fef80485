import { pluralize, printable, printableId } from "@checkpoint-permissions/protocol/text"
import * as Arr from "effect/Array"
import * as Text from "../text/columns.ts"
import {
  type Entry,
  type EntryOptions,
  logNote,
  mapEntries,
  ownerNote,
  readSpan,
  recordLines,
  reviewNote,
  reviewTime,
  totals
} from "./entries.ts"
import type { AccessMatrix, Row } from "./matrix.ts"

const indent = "    "

/** Returns the mark of a row: read, partly read, or not read. No line begins with untrusted text. */
const markOf = (style: Text.Style, { complete, permissions }: Row): string =>
  complete ? "•" : style.unknown(permissions.length === 0 ? "?" : "!")

const styles = { Access: "access", Owner: "owner", None: "faint", NoPermission: "faint", Unknown: "unknown" } as const

/** Returns the actors of a grant, or the reason why none is known. */
const byText = (by: ReadonlyArray<string>): string => {
  const [unknown, known] = Arr.partition(by, (one) => one !== "not in the log" && one !== "not searched")
  const texts = [...(known.length === 0 ? [] : [`by ${known.join(", ")}`]), ...unknown.map((one) => `actor ${one}`)]
  return texts.map((one) => `  ${one}`).join("")
}

/** Returns a date or a word of at most ten columns, and further text to show after it. */
const wordsOf = (matrix: AccessMatrix, { by, cell, project, row }: Entry): readonly [word: string, text: string] => {
  const label = project === undefined ? "" : Text.labelled(matrix, project)
  const about = project === undefined ? "" : `${label}: `
  const note = logNote(matrix, { cell, row })
  switch (cell._tag) {
    case "Access": {
      const several = cell.permissions === 1 ? "" : `  (${pluralize(cell.permissions, "permission")})`
      return [Text.day(cell.since), `${label}${several}${byText(by)}`]
    }
    case "Owner":
      return ["owner", label + ownerNote(cell)]
    case "None":
    case "NoPermission":
      return ["none", `${about}no ${cell._tag === "None" ? "access" : "permission"}${note === "" ? "" : `; ${note}`}`]
    case "Unknown": {
      const others = row.permissions.length === 0 && row.owner === undefined ? "every project" : "every other project"
      return ["unknown", `${project === undefined ? others : label}: ${printable(cell.reason)}`]
    }
  }
}

/** Returns the title of the rows of a file with the same owner. */
export const groupOf = (matrix: AccessMatrix, { owner, review }: Row): string => {
  const label = owner === undefined ? "no owner" : Text.labelled(matrix, owner)
  return review?.file === undefined ? label : `${printable(review.file)}: ${label}`
}

/** Returns one line. If it is too wide, returns several, with the facts on lines of their own. */
const titleOf = (id: string, facts: string, columns: number): ReadonlyArray<string> =>
  Text.width(id + facts) <= columns ? [id + facts] : [...Text.wrap(id, columns), ...Text.wrap(facts.trim(), columns)]

const retiresOf = ({ retires }: Row): string => (retires === undefined ? "" : `  retires ${printable(retires)}`)

/**
 * Options of a matrix as text.
 *
 * @category rendering
 */
export interface MatrixTextOptions extends Text.TextOptions, EntryOptions {}

/**
 * Returns the matrix for a terminal or a log: each checkpoint with a line for each project with access and for unknown
 * access, then a summary. No line is longer than `width`, no id is cut, and no text controls a terminal. If the rows
 * were not read within a minute, each shows the time of its read, in UTC. In an audit of one project, the checkpoints
 * without access are shown with `all` only; `withoutAccess` returns them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessMatrix } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
 * const matrix = await Access.audit([checkpoint]).pipe(
 *   Effect.provide(Access.layer),
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_search"] } })),
 *   Effect.runPromise
 * )
 * assert.match(AccessMatrix.toText(matrix, { width: 100 }), /proj_search/)
 * ```
 *
 * @category rendering
 */
export const toText = (
  matrix: AccessMatrix,
  { color, width: available, ...options }: MatrixTextOptions = {}
): string => {
  const styled = Text.style(color)
  const columns = Text.columnsOf(available)
  const span = readSpan(matrix)
  const room = Math.max(8, columns - indent.length - 12)
  let before: Row | undefined
  const closing = (row: Row | undefined): ReadonlyArray<string> =>
    recordLines(matrix, row?.review?.file).flatMap((line) => Text.wrap(line, columns))
  const groupLines = (row: Row): ReadonlyArray<string> => {
    const last = before
    before = row
    const group = groupOf(matrix, row)
    if (row.review === undefined || (last !== undefined && group === groupOf(matrix, last))) return []
    const lines = last?.review?.file === row.review.file ? [] : closing(last)
    return [...lines, ...(last === undefined ? [] : [""]), ...Text.wrap(group, columns).map(styled.bold)]
  }
  // most checkpoints are not those of one project
  const isEach = matrix.project === undefined || matrix.review !== undefined || options.all === true
  const blocks = mapEntries(matrix, { ...options, each: isEach }, (entries) => {
    if (entries[0] === undefined) return []
    const { row } = entries[0]
    const title = titleOf(
      printableId(row.checkpoint),
      retiresOf(row) + reviewTime(matrix, row) + (span === undefined ? "" : `  read ${Text.minute(row.readAt)}`),
      columns - 2
    )
    return [
      ...groupLines(row),
      ...title.map((part, at) => `${at === 0 ? markOf(styled, row) : "|"} ${part}`),
      ...entries.flatMap((entry) => {
        const [word, text] = wordsOf(matrix, entry)
        return Text.wrap(text + reviewNote(entry), room).map((part, at) =>
          at === 0
            ? `${indent}${styled[styles[entry.cell._tag]](Text.pad(word, 10))}  ${part}`
            : `${indent}${Text.pad("", 10)}| ${part}`
        )
      })
    ]
  }).flat()
  return Text.joinLines([
    ...blocks,
    ...closing(before),
    ...(blocks.length === 0 ? [] : [""]),
    ...totals(matrix).flatMap((text) => Text.wrap(text, columns))
  ])
}
