/** Moves in the matrix by keyboard. One cell can be reached by the Tab key, the others from there by arrows. */
import { table } from "./matrix.ts"

let current: readonly [row: number, column: number] = [0, 0]

/** What takes the focus for a cell: the button of a header. */
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
  // A cell that takes the focus is not to be hidden behind the headers.
  const corner = table.rows[0]?.cells[0]
  const area = table.parentElement
  if (corner !== undefined && area !== null) {
    area.style.scrollPadding = `${corner.offsetHeight}px 0 0 ${corner.offsetWidth}px`
  }
  next.scrollIntoView({ block: "nearest", inline: "nearest" })
}

/** To be called when the matrix was drawn anew. */
export const reset = (): void => {
  for (const cell of table.querySelectorAll<HTMLElement>("[tabindex='0']")) cell.tabIndex = -1
  current = [0, 0]
  const first = focusable(0, 0)
  if (first !== undefined) first.tabIndex = 0
}

/** The cell of an event, if it was at one. */
export const cellAt = ({ target }: Event): HTMLTableCellElement | undefined => {
  const cell = target instanceof Element ? target.closest("td, th") : null
  return cell instanceof HTMLTableCellElement ? cell : undefined
}

/** The row and column of a cell, the header being row 0. */
export const positionOf = (cell: HTMLTableCellElement): readonly [row: number, column: number] => [
  cell.parentElement instanceof HTMLTableRowElement ? cell.parentElement.rowIndex : -1,
  cell.cellIndex
]

const targetOf = (event: KeyboardEvent): readonly [row: number, column: number] | undefined => {
  const [row, column] = current
  const [lastRow, lastColumn] = [table.rows.length - 1, (table.rows[0]?.cells.length ?? 1) - 1]
  const all = event.ctrlKey || event.metaKey
  switch (event.key) {
    case "ArrowUp":
      return [row - 1, column]
    case "ArrowDown":
      return [row + 1, column]
    case "ArrowLeft":
      return [row, column - 1]
    case "ArrowRight":
      return [row, column + 1]
    case "PageUp":
      return [row - 10, column]
    case "PageDown":
      return [row + 10, column]
    case "Home":
      return [all ? 0 : row, 0]
    case "End":
      return [all ? lastRow : row, lastColumn]
    default:
      return undefined
  }
}

export const listen = (): void => {
  table.addEventListener("keydown", (event) => {
    const target = targetOf(event)
    if (target === undefined || event.altKey) return
    event.preventDefault()
    const [lastRow, lastColumn] = [table.rows.length - 1, (table.rows[0]?.cells.length ?? 1) - 1]
    focusCell(Math.max(0, Math.min(lastRow, target[0])), Math.max(0, Math.min(lastColumn, target[1])))
  })
  table.addEventListener("click", (event) => {
    const cell = cellAt(event)
    if (cell === undefined) return
    const [row, column] = positionOf(cell)
    if (row > 0) focusCell(row, column)
  })
}
