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

/** Says what is known of a cell; its text, if there is any. */
const explain = (selection: Selection, cell: HTMLTableCellElement | undefined): string | undefined => {
  const sentence = cell === undefined ? undefined : sentenceOf(selection, cell)
  if (sentence === undefined) {
    clear()
    return undefined
  }
  bar.replaceChildren(...sentence)
  return bar.textContent ?? ""
}

export const listen = (selection: () => Selection): void => {
  table.addEventListener("mouseover", (event) => {
    const cell = cellAt(event)
    const text = explain(selection(), cell)
    if (cell !== undefined && text !== undefined && cell.title === "") cell.title = text
  })
  table.addEventListener("focusin", (event) => {
    const cell = cellAt(event)
    const text = explain(selection(), cell)
    if (cell?.tagName === "TD" && text !== undefined) cell.setAttribute("aria-label", text)
  })
}
