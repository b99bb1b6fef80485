import { pad, padLeft, printable, width } from "@checkpoint-permissions/access/TerminalText"

export interface Column {
  readonly title: string
  /** Numbers are set flush right. */
  readonly right?: boolean | undefined
}

export type Row = ReadonlyArray<string>

export interface Table {
  /** The head of the table, for the widths known so far. */
  readonly head: () => string
  /** Rows, a line each. What a terminal would act on is spelt out. */
  readonly rows: (rows: ReadonlyArray<Row>) => string
}

const gap = "  "

/**
 * A table that is written piece by piece: the first rows settle the widths,
 * later ones can only widen them.
 */
export const make = (columns: ReadonlyArray<Column>): Table => {
  const widths = columns.map(({ title }) => width(title))

  const line = (cells: Row): string => {
    const last = columns.length - 1
    const laid = columns.map(({ right }, i) => {
      const cell = cells[i] ?? ""
      const wanted = widths[i] ?? 0
      return right === true ? padLeft(cell, wanted) : i === last ? cell : pad(cell, wanted)
    })
    return `${laid.join(gap)}\n`
  }

  return {
    head: () => line(columns.map(({ title }) => title)),
    rows: (rows) => {
      const shown = rows.map((row) => row.map(printable))
      for (const row of shown) {
        for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, width(cell))
      }
      return shown.map(line).join("")
    }
  }
}
