/** The bar below the matrix: what is known of the cell at the pointer or the focus, in a sentence. */
import type { Selection } from "../model/select.ts"
import { ofCell, ofItem } from "../model/sentences.ts"
import { get, labelOf } from "./dom.ts"
import { cellAt, positionOf } from "./grid.ts"
import { lead, table } from "./matrix.ts"

const bar = get("detail", HTMLElement)

const hint = "Point at a cell, or move to it with the arrow keys, to read its dates and permissions."

const sentenceOf = (
  { audit, columns, rows }: Selection,
  cell: HTMLTableCellElement
): ReadonlyArray<Node | string> | undefined => {
  const [rowIndex, columnIndex] = positionOf(cell)
  const row = rows[rowIndex - 1]
  const axis = row?.axis ?? rows[0]?.axis
  const column = axis === undefined ? undefined : columns[columnIndex - lead(axis)]
  if (row !== undefined && column !== undefined) {
    return [labelOf(row), " × ", labelOf(column), ": ", ofCell(audit, row, column)]
  }
  if (row !== undefined) return [labelOf(row), ": ", ofItem(audit, row)]
  if (column !== undefined) return [labelOf(column), ": ", ofItem(audit, column), ". Press to sort by it."]
  return undefined
}

export const clear = (): void => bar.replaceChildren(hint)

export const listen = (selection: () => Selection): void => {
  for (const event of ["mouseover", "focusin"]) {
    table.addEventListener(event, (event) => {
      const cell = cellAt(event)
      const sentence = cell && sentenceOf(selection(), cell)
      if (cell === undefined || sentence === undefined) return clear()
      bar.replaceChildren(...sentence)
      cell.title = bar.textContent ?? ""
      if (cell.tagName === "TD") cell.setAttribute("aria-label", cell.title)
    })
  }
}
