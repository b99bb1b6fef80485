/** The matrix: rows × columns, with a cell for each pair. Only visible rows are laid out. */
import { type Axis, across, cellOf, type Item, type Kind } from "../model/audit.ts"
import type { Selection } from "../model/select.ts"
import { isDescending, oneOf, type Sort, type State, sorts } from "../model/state.ts"
import { atLeast, day, failure, minute, ofCell, retirement } from "../model/text.ts"
import { type Children, get, identifier, labelOf, make, untrusted } from "./dom.ts"

const table = get("matrix", HTMLTableElement)
const detail = get("detail", HTMLElement)

/** The maximum number of columns for which cells show dates. With more columns, cells show only marks. */
const mostDates = 10

const titles: Readonly<Record<Axis, string>> = { checkpoints: "Checkpoint", projects: "Project" }

/** The date columns. A date column is shown if the rows are sorted by it. */
const dates: { readonly [Key in Sort]?: { readonly title: string; readonly of: (row: Item) => string } } = {
  oldest: { title: "Oldest", of: (row) => day(row.oldest) },
  newest: { title: "Newest", of: (row) => day(row.newest) },
  read: { title: "Read, UTC", of: (row) => (row.isUnread || row.axis === "projects" ? "–" : minute(row.readAt)) }
}

const header = (state: State, sort: Sort, column: string, className: string, children: Children) => {
  const button = make("button", "sort", children)
  button.type = "button"
  button.dataset["sort"] = sort
  button.dataset["column"] = column
  const cell = make("th", className, [button], "columnheader")
  const isSorted = state.sort === sort && state.column === column
  cell.setAttribute("aria-sort", isSorted ? (isDescending(state) ? "descending" : "ascending") : "none")
  return cell
}

const columnHeader = (state: State, item: Item): HTMLElement => {
  const label = make("span", "text", [
    ...(item.name === "" ? [] : [untrusted(item.name, "name")]),
    identifier(item.id, item.name === "" ? "id name" : "id")
  ])
  return header(state, "column", item.id, "item", [
    label,
    make("span", "count", [atLeast(item.count, item.unknown > 0)])
  ])
}

const cell = (className: string, text: string) => make("td", className, [text], "cell")

/** Templates of cells, since a copy is several times faster than a new element. */
const templates: Readonly<Record<Kind, HTMLTableCellElement>> = {
  access: cell("access", "✓"),
  owner: cell("owner", "own"),
  none: cell("none", "·"),
  unknown: make("td", "unknown", [make("b", "mark", ["?"])], "cell")
}

const dataCell = (row: Item, column: Item, hasDates: boolean): Node => {
  const { ids, kind, note, since } = cellOf(row, column)
  const element = templates[kind].cloneNode(true)
  const several = ids.length > 1 ? `×${ids.length}` : ""
  if (kind === "access" && (hasDates || several !== "")) {
    element.textContent = [...(hasDates ? [day(since)] : []), several].join(" ").trim()
  }
  if (note !== "") element.appendChild(document.createTextNode(" *"))
  return element
}

const line = (state: State, row: Item, columns: ReadonlyArray<Item>, hasDates: boolean): HTMLElement => {
  const head = make("th", "first", [labelOf(row)], "rowheader")
  if (row.error !== undefined) head.append(make("span", "error", [failure(row)]))
  if (row.group !== undefined) head.append(untrusted(`${row.group} · ${row.note ?? ""}`, "read"))
  if (row.retires !== undefined) head.append(make("span", "read", [retirement(row)]))
  const date = dates[state.sort]
  const count = cell(row.unknown > 0 ? "number mark" : "number", atLeast(row.count, row.unknown > 0))
  const dateCells = date === undefined ? [] : [cell("date", date.of(row))]
  return make(
    "tr",
    "row",
    [head, count, ...dateCells, ...columns.map((column) => dataCell(row, column, hasDates))],
    "row"
  )
}

export const draw = ({ columns, rows }: Selection, state: State): void => {
  const hasDates = columns.length <= mostDates
  const date = dates[state.sort]
  const headers = [
    header(state, "name", "", "first", [titles[state.rows]]),
    header(state, "count", "", "number", [`${titles[across(state.rows)]}s`]),
    ...(date === undefined ? [] : [header(state, state.sort, "", "date", [date.title])]),
    ...columns.map((item) => columnHeader(state, item))
  ]
  const lines = rows.map((row) => line(state, row, columns, hasDates))
  table.dataset["cells"] = hasDates ? "dates" : "marks"
  table.replaceChildren(
    make("thead", "", [make("tr", "row headers", headers, "row")], "rowgroup"),
    make("tbody", "", lines, "rowgroup")
  )
  detail.replaceChildren("Point at a cell to read its dates and permissions. The list shows them for all cells.")
}

/**
 * Calls `onSort` when a header is pressed, and returns the focus to that header. Describes the cell at the pointer below
 * the matrix.
 */
export const listen = (selection: () => Selection, onSort: (sort: Sort, column: string) => void): void => {
  table.addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest("button") : null
    const sort = oneOf(sorts, button?.dataset["sort"])
    if (sort === undefined) return
    const column = button?.dataset["column"] ?? ""
    onSort(sort, column)
    const headers = [...table.querySelectorAll("button")]
    headers.find(({ dataset }) => dataset["sort"] === sort && dataset["column"] === column)?.focus()
  })
  table.addEventListener("mouseover", ({ target }) => {
    const cell = target instanceof Element ? target.closest("td") : null
    const line = cell?.parentElement
    if (cell === null || !(line instanceof HTMLTableRowElement)) return
    const { columns, rows } = selection()
    const row = rows[line.rowIndex - 1]
    const column = columns[cell.cellIndex - line.cells.length + columns.length]
    if (row === undefined || column === undefined) return
    detail.replaceChildren(labelOf(row), " × ", labelOf(column), `: ${ofCell(row, column)}`)
  })
}
