/** The matrix: rows × columns, with a cell for each pair. Only visible rows are laid out. */
import { type Audit, type Axis, across, heldOf, type Item, type Kind, kindOf } from "../model/audit.ts"
import type { Selection } from "../model/select.ts"
import { failure, isUnread, read, retires } from "../model/sentences.ts"
import { isDescending, oneOf, type Sort, type State, sorts } from "../model/state.ts"
import { atLeast, day, minute } from "../model/text.ts"
import { get, identifier, labelOf, make, untrusted } from "./dom.ts"

/** Called to sort by the column of a header. */
export type OnSort = (sort: Sort, column: string) => void

export const table = get("matrix", HTMLTableElement)

/** True in a narrow window, where the dates of rows would leave no space for cells. */
export const compact = matchMedia("(max-width: 999.98px)")

const titles: Readonly<Record<Axis, string>> = { checkpoints: "Checkpoint", projects: "Project" }

/** The columns before those of items: name, count, dates, and for checkpoints the time of the read. */
const leads: ReadonlyArray<{
  readonly sort: Sort
  readonly className: string
  readonly title: (rows: Axis) => string
  readonly text?: (audit: Audit, row: Item) => string
}> = [
  { sort: "name", className: "first", title: (rows) => titles[rows] },
  { sort: "count", className: "number", title: (rows) => `${titles[across(rows)]}s` },
  { sort: "oldest", className: "date", title: () => "Oldest", text: (_, row) => day(row.oldest) },
  { sort: "newest", className: "date", title: () => "Newest", text: (_, row) => day(row.newest) },
  {
    sort: "read",
    className: "date",
    title: () => "Read, UTC",
    text: (audit, row) => (isUnread(audit, row) ? "–" : minute(row.readAt, audit.data.createdAt))
  }
]

const leadsOf = (rows: Axis) => leads.slice(0, compact.matches ? 2 : rows === "projects" ? 4 : 5)

/** Returns the number of columns before those of items. */
export const lead = (rows: Axis): number => leadsOf(rows).length

/** Returns the index of the column that the rows are sorted by. */
export const positionOf = (state: State, { columns }: Selection): number =>
  state.sort === "column"
    ? lead(state.rows) + columns.findIndex(({ id }) => id === state.column)
    : leads.findIndex(({ sort }) => sort === state.sort)

const header = (
  state: State,
  sort: Sort,
  column: string,
  className: string,
  children: ReadonlyArray<Node | string>
) => {
  const button = make("button", "sort", children)
  button.type = "button"
  button.tabIndex = -1
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
  const count = make("span", "count", [atLeast(item.count, item.unknown > 0)])
  return header(state, "column", item.id, "item", [label, count])
}

const cell = (className: string, children: ReadonlyArray<Node | string>) => make("td", className, children, "gridcell")

/** Templates of cells: a copy is several times faster than a new element. */
const models: Readonly<Record<Kind, HTMLTableCellElement>> = {
  access: cell("access", ["✓"]),
  owner: cell("owner", ["own"]),
  none: cell("none", ["·"]),
  unknown: cell("unknown", [make("b", "mark", ["?"])])
}

const dataCell = (audit: Audit, row: Item, column: Item, dates: boolean): Node => {
  const kind = kindOf(audit, row, column)
  const element = models[kind].cloneNode(true)
  const held = heldOf(audit, row, column)
  if (kind === "access" && held !== undefined) {
    const several = held.ids.length > 1 ? `×${held.ids.length}` : ""
    if (dates) element.textContent = day(held.since) + (several && ` ${several}`)
    else if (several) element.textContent = several
  }
  return element
}

const line = (audit: Audit, row: Item, columns: ReadonlyArray<Item>, dates: boolean): HTMLTableRowElement => {
  const failed = row.error !== undefined
  const head = make("th", "first", [labelOf(row)], "rowheader")
  if (failed) head.append(make("span", "error", [failure(audit, row)]))
  const times = compact.matches && row.axis === "checkpoints" ? read(audit, row) : ""
  for (const text of [retires(audit, row), times]) if (text !== "") head.append(make("span", "read", [text]))
  const count =
    row.unknown > 0
      ? cell("number unknown", [make("b", "mark", [atLeast(row.count, true)])])
      : cell("number", [String(row.count)])
  const cells = [
    ...leadsOf(row.axis).flatMap(({ className, text }) =>
      text === undefined ? [] : [cell(className, [text(audit, row)])]
    ),
    ...columns.map((column) => dataCell(audit, row, column, dates))
  ]
  return make("tr", failed ? "row incomplete" : "row", [head, count, ...cells], "row")
}

export const draw = ({ audit, columns, rows }: Selection, state: State, dates: boolean): void => {
  table.dataset["cells"] = dates ? "dates" : "marks"
  table.style.setProperty("--columns", String(columns.length))
  table.style.setProperty("--lead", String(lead(state.rows) - 2))
  const headers = [
    ...leadsOf(state.rows).map(({ className, sort, title }) => header(state, sort, "", className, [title(state.rows)])),
    ...columns.map((item) => columnHeader(state, item))
  ]
  const head = make("tr", "row headers", headers, "row")
  const lines = rows.map((row) => line(audit, row, columns, dates))
  table.replaceChildren(make("thead", "", [head], "rowgroup"), make("tbody", "", lines, "rowgroup"))
  table.setAttribute("aria-rowcount", String(rows.length + 1))
  table.setAttribute("aria-colcount", String(columns.length + lead(state.rows)))
}

/** Calls `onSort` when a header is pressed. */
export const listen = (onSort: OnSort): void =>
  table.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null
    const sort = oneOf(sorts, button?.dataset["sort"])
    if (button !== null && sort !== undefined) onSort(sort, button.dataset["column"] ?? "")
  })
