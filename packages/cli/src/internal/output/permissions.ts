/** Permissions as text. */

import type { Permission } from "@checkpoint-permissions/core/Permission"
import { ascii, printable } from "@checkpoint-permissions/protocol/text"
import { pad, width } from "../terminal/columns.ts"
import { jsonLine } from "../terminal/style.ts"
import { instant } from "../terminal/time.ts"

type Printer<A> = (items: ReadonlyArray<A>) => string

/**
 * Makes a printer: JSON lines, tab-separated lines, whose cells contain no tab or line break, or a table at a terminal,
 * with its header before the first row. Columns have the width of the first rows, and later rows can only widen them.
 */
const printerOf = <A>(
  form: "json" | "table" | "lines",
  columns: ReadonlyArray<string>,
  cellsOf: (item: A) => ReadonlyArray<string>,
  bold: (text: string) => string
): Printer<A> => {
  if (form === "json") return (items) => items.map(jsonLine).join("")
  if (form === "lines") return (items) => items.map((item) => `${cellsOf(item).map(printable).join("\t")}\n`).join("")
  const titles = columns.map((title) => title.toUpperCase())
  const widths = titles.map(width)
  const line = (cells: ReadonlyArray<string>): string =>
    cells.map((cell, i) => (i === cells.length - 1 ? cell : pad(cell, widths[i] ?? 0))).join("  ")
  let headed = false
  return (items) => {
    const rows = items.map((item) => cellsOf(item).map(printable))
    for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, width(cell))
    const head = headed || rows.length === 0 ? [] : [bold(line(titles))]
    headed ||= rows.length > 0
    return [...head, ...rows.map(line)].map((one) => `${one}\n`).join("")
  }
}

export const permissionPrinter = (json: boolean, bold: (text: string) => string): Printer<Permission> =>
  printerOf(
    json ? "json" : "table",
    ["project", "granted", "permission"],
    ({ created_at, id, project_id }) => [ascii(project_id), instant(created_at), ascii(id)],
    bold
  )

export interface Access {
  readonly project: string
  readonly name: string | undefined
  /** ISO 8601 in UTC. */
  readonly since: string
  readonly permission: string
}

export const accessColumns = ["project", "name", "since"] as const

export const accessPrinter = (form: "json" | "table" | "lines", bold: (text: string) => string): Printer<Access> =>
  printerOf(form, accessColumns, ({ name = "", project, since }) => [ascii(project), name, since], bold)
