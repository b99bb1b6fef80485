/**
 * The current cell of the matrix. One cell can be reached with the Tab key, the others from there with the arrow keys.
 * The bar below the matrix describes the current cell, or the cell at the pointer.
 */
import type { Selection } from "../model/select.ts"
import { ofCell, ofItem } from "../model/sentences.ts"
import { get, labelOf } from "./dom.ts"
import { lead, table } from "./matrix.ts"

const bar = get("detail", HTMLElement)

const hint = "Point at a cell, or move to it with the arrow keys, to read its dates and permissions."

let current: readonly [row: number, column: number] = [0, 0]

/** Returns the element of a cell that takes the focus: in a header its button. */
const focusable = (row: number, column: number): HTMLElement | undefined => {
  const cell = table.rows[row]?.cells[column]
  return cell?.querySelector("button") ?? cell
}

export const focusCell = (row: number, column: number): void => {
  const next = focusable(row, column)
  if (next === undefined) return
  const before = focusable(...current)
  if (before !== undefined) before.tabIndex = -1
  current = [row, column]
  next.tabIndex = 0
  next.focus({ preventScroll: true })
  // The focused cell must not be hidden behind the headers.
  const corner = table.rows[0]?.cells[0]
  const area = table.parentElement
  if (corner !== undefined && area !== null) {
    area.style.scrollPadding = `${corner.offsetHeight}px 0 0 ${corner.offsetWidth}px`
  }
  next.scrollIntoView({ block: "nearest", inline: "nearest" })
}

/** Resets the current cell. Call it after the matrix was drawn. */
export const reset = (): void => {
  bar.replaceChildren(hint)
  for (const cell of table.querySelectorAll<HTMLElement>("[tabindex='0']")) cell.tabIndex = -1
  current = [0, 0]
  const first = focusable(0, 0)
  if (first !== undefined) first.tabIndex = 0
}

/** Returns the cell of an event, if there is one. */
const cellAt = ({ target }: Event): HTMLTableCellElement | undefined => {
  const cell = target instanceof Element ? target.closest("td, th") : null
  return cell instanceof HTMLTableCellElement ? cell : undefined
}

/** Returns the row and column of a cell. The header is row 0. */
const positionOf = (cell: HTMLTableCellElement): readonly [row: number, column: number] => [
  cell.parentElement instanceof HTMLTableRowElement ? cell.parentElement.rowIndex : -1,
  cell.cellIndex
]

/** The distance that each key moves the current cell. */
const steps: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  PageUp: [-10, 0],
  PageDown: [10, 0],
  Home: [0, -Infinity],
  End: [0, Infinity]
}

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

export const listen = (selection: () => Selection): void => {
  for (const event of ["mouseover", "focusin"]) {
    table.addEventListener(event, (event) => {
      const cell = cellAt(event)
      const sentence = cell && sentenceOf(selection(), cell)
      if (cell === undefined || sentence === undefined) return bar.replaceChildren(hint)
      bar.replaceChildren(...sentence)
      cell.title = bar.textContent ?? ""
      if (cell.tagName === "TD") cell.setAttribute("aria-label", cell.title)
    })
  }
  table.addEventListener("keydown", (event) => {
    const step = steps[event.key]
    if (step === undefined || event.altKey) return
    event.preventDefault()
    const [down, right] = step
    const all = (event.ctrlKey || event.metaKey) && !Number.isFinite(right)
    const within = (at: number, count = 1): number => Math.max(0, Math.min(count - 1, at))
    const row = within(current[0] + (all ? right : down), table.rows.length)
    focusCell(row, within(current[1] + right, table.rows[0]?.cells.length))
  })
  table.addEventListener("click", (event) => {
    const cell = cellAt(event)
    if (cell === undefined) return
    const [row, column] = positionOf(cell)
    if (row > 0) focusCell(row, column)
  })
}
