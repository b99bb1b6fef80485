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

/** How far a key moves. */
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

export const listen = (): void => {
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
