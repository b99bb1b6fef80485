import { printable } from "@checkpoint-permissions/protocol/text"
import { summary as summaryOf } from "../audit/cells.ts"
import type { AccessMatrix, Row } from "../audit/matrix.ts"
import { day, paintedMark, type Style } from "./parts.ts"
import { fold, pad, padLeft, width } from "./text.ts"

interface Line {
  readonly row: Row
  readonly id: string
  readonly projects: string
  readonly oldest: string
  readonly newest: string
}

const lineOf = (row: Row): Line => {
  const { newest, oldest, projects } = summaryOf(row)
  const seen = row.complete ? `${projects}` : projects === 0 ? "unknown" : `${projects} or more`
  return {
    row,
    id: printable(row.checkpoint),
    projects: seen,
    oldest: oldest === undefined ? "-" : day(oldest),
    newest: newest === undefined ? "-" : day(newest)
  }
}

/** For each checkpoint how many projects have access, since when the first and the last of them. */
export const summary = (matrix: AccessMatrix, columns: number, style: Style): ReadonlyArray<string> => {
  const lines = matrix.rows.map(lineOf)
  const digits = Math.max(width("projects"), ...lines.map(({ projects }) => width(projects)))
  const dated = columns >= digits + 2 + 24
  const figures = (projects: string, oldest: string, newest: string): string =>
    [padLeft(projects, digits), ...(dated ? [pad(oldest, 10), pad(newest, 10)] : [])].join("  ")
  const room = columns - 2 - width(figures("", "", "")) - 2
  const beside = width("checkpoint") <= room && lines.every(({ id }) => width(id) <= room)
  const head = `  ${figures("projects", "oldest", "newest")}`
  return [
    style.bold(beside ? `${head}  checkpoint` : head.trimEnd()),
    ...lines.flatMap(({ id, newest, oldest, projects, row }) => {
      const all = figures(projects, oldest, newest)
      const text = beside ? all : all.trimEnd()
      const shown = `${paintedMark(style, row)} ${row.complete ? text : style.unknown(text)}`
      if (beside) return [`${shown}  ${id}`]
      return [shown, ...fold(id, columns - 4).map((part) => `  | ${part}`)]
    })
  ]
}
