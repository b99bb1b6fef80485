/** Permissions as text. */
import { pad, width } from "@checkpoint-permissions/access/TerminalText"
import type { Permission } from "@checkpoint-permissions/core/Permission"
import { printable } from "@checkpoint-permissions/protocol/text"
import { jsonLine } from "../terminal/style.ts"
import { instant } from "../terminal/time.ts"

const titles = ["PROJECT", "GRANTED", "PERMISSION"]

const rowOf = ({ created_at, id, project_id }: Permission): ReadonlyArray<string> =>
  [project_id, instant(created_at), id].map(printable)

/**
 * Pieces of a listing as text: a line of JSON each, or the rows of a table with its head before the first. The first
 * rows settle the widths, later ones can only widen them.
 */
export const printer = (
  json: boolean,
  bold: (text: string) => string
): ((permissions: ReadonlyArray<Permission>) => string) => {
  if (json) return (permissions) => permissions.map(jsonLine).join("")
  const widths = titles.map(width)
  const line = (cells: ReadonlyArray<string>): string =>
    cells.map((cell, i) => (i === cells.length - 1 ? cell : pad(cell, widths[i] ?? 0))).join("  ")
  let headed = false
  return (permissions) => {
    const rows = permissions.map(rowOf)
    for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, width(cell))
    const head = headed || rows.length === 0 ? [] : [bold(line(titles))]
    headed ||= rows.length > 0
    return [...head, ...rows.map(line)].map((one) => `${one}\n`).join("")
  }
}
