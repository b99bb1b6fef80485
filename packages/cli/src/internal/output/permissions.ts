/** Permissions as text. */

import type { Permission } from "@checkpoint-permissions/core/Permission"
import { printable } from "@checkpoint-permissions/protocol/text"
import { pad, width } from "../terminal/columns.ts"
import { jsonLine } from "../terminal/style.ts"
import { instant } from "../terminal/time.ts"

/** Returns the text of some items of a listing. */
type Printer<A> = (items: ReadonlyArray<A>) => string

/** Returns the rows of a table, with its head before the first. Later rows can only widen the columns of the first. */
const tableOf = <A>(
  titles: ReadonlyArray<string>,
  rowOf: (item: A) => ReadonlyArray<string>,
  bold: (text: string) => string
): Printer<A> => {
  const widths = titles.map(width)
  const line = (cells: ReadonlyArray<string>): string =>
    cells.map((cell, i) => (i === cells.length - 1 ? cell : pad(cell, widths[i] ?? 0))).join("  ")
  let headed = false
  return (items) => {
    const rows = items.map((item) => rowOf(item).map(printable))
    for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, width(cell))
    const head = headed || rows.length === 0 ? [] : [bold(line(titles))]
    headed ||= rows.length > 0
    return [...head, ...rows.map(line)].map((one) => `${one}\n`).join("")
  }
}

/** Returns a line of JSON for each item. */
const jsonOf = <A>(items: ReadonlyArray<A>): string => items.map(jsonLine).join("")

/** Prints permissions as the API gives them. */
export const permissionPrinter = (json: boolean, bold: (text: string) => string): Printer<Permission> => {
  const rowOf = ({ created_at, id, project_id }: Permission) => [project_id, instant(created_at), id]
  return json ? jsonOf : tableOf(["PROJECT", "GRANTED", "PERMISSION"], rowOf, bold)
}

/** Returns tab-separated cells as a line. No cell contains a tab or a line break. */
const tabbed = (cells: ReadonlyArray<string>): string => `${cells.map(printable).join("\t")}\n`

export interface Access {
  readonly project: string
  readonly name: string | undefined
  /** ISO 8601 in UTC. */
  readonly since: string
  readonly permission: string
}

/** The columns of a list in a pipe. */
export const accessColumns = ["project", "name", "since"] as const

const cellsOf = ({ name = "", project, since }: Access): ReadonlyArray<string> => [project, name, since]

/** Prints the projects with access: as JSON, as a table at a terminal, or tab-separated in a pipe. */
export const accessPrinter = (form: "json" | "table" | "lines", bold: (text: string) => string): Printer<Access> => {
  const titles = accessColumns.map((title) => title.toUpperCase())
  return {
    json: () => jsonOf<Access>,
    table: () => tableOf(titles, cellsOf, bold),
    lines: () => (items: ReadonlyArray<Access>) => items.map((item) => tabbed(cellsOf(item))).join("")
  }[form]()
}
