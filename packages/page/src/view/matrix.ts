/** Rows × columns, with a cell for each pair. Only rows in sight are laid out. */
import { type Audit, type Axis, across, heldOf, type Item, type Kind, kindOf } from "../model/audit.ts"
import type { Selection } from "../model/select.ts"
import { carriedOver, failure, isUnread, read, retires } from "../model/sentences.ts"
import { isDescending, oneOf, type Sort, type State, sorts } from "../model/state.ts"
import { atLeast, day, minute } from "../model/text.ts"
import { get, identifier, labelOf, make, untrusted } from "./dom.ts"

/** Sorts by what a header says. */
export type OnSort = (sort: Sort, column: string) => void

export const table = get("matrix", HTMLTableElement)

/** In a window that is less wide, the dates of rows would leave no room for cells. */
export const compact = matchMedia("(max-width: 999.98px)")

/** The columns before those of items: what the row is, count, dates, and of checkpoints when they were read. */
const leadSorts = (rows: Axis): ReadonlyArray<Sort> => [
  "name",
  "count",
  ...(compact.matches ? [] : (["oldest", "newest"] as const)),
  ...(compact.matches || rows === "projects" ? [] : (["read"] as const))
]

/** How many columns there are before those of items. */
export const lead = (rows: Axis): number => leadSorts(rows).length

/** In which column the header is that the rows are sorted by. */
export const positionOf = (state: State, { columns }: Selection): number =>
  state.sort === "column"
    ? lead(state.rows) + columns.findIndex(({ id }) => id === state.column)
    : leadSorts(state.rows).indexOf(state.sort)

const titles: Readonly<Record<Axis, string>> = { checkpoints: "Checkpoint", projects: "Project" }

const titleOf = (sort: Sort, rows: Axis): string => {
  switch (sort) {
    case "count":
      return `${titles[across(rows)]}s`
    case "oldest":
      return "Oldest"
    case "newest":
      return "Newest"
    case "read":
      return "Read, UTC"
    default:
      return titles[rows]
  }
}

const classOf = (sort: Sort): string => (sort === "name" ? "first" : sort === "count" ? "number" : "date")

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

/** Cells are copies of these: to copy is several times faster than to make. */
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

const leadText = (audit: Audit, row: Item, sort: Sort): string => {
  if (sort !== "read") return day(sort === "oldest" ? row.oldest : row.newest)
  return isUnread(audit, row) ? "–" : minute(row.readAt, audit.data.createdAt)
}

const line = (audit: Audit, row: Item, columns: ReadonlyArray<Item>, dates: boolean): HTMLTableRowElement => {
  const failed = row.error !== undefined
  const head = make("th", "first", [labelOf(row)], "rowheader")
  if (failed) head.append(make("span", "error", [failure(audit, row)]))
  const times = compact.matches && row.axis === "checkpoints" ? read(audit, row) : (carriedOver(audit, row) ?? "")
  for (const text of [retires(audit, row), times]) if (text !== "") head.append(make("span", "read", [text]))
  const count =
    row.unknown > 0
      ? cell("number unknown", [make("b", "mark", [atLeast(row.count, true)])])
      : cell("number", [String(row.count)])
  const facts = leadSorts(row.axis).slice(2)
  const cells = [
    ...facts.map((sort) => cell("date", [leadText(audit, row, sort)])),
    ...columns.map((column) => dataCell(audit, row, column, dates))
  ]
  return make("tr", failed ? "row incomplete" : "row", [head, count, ...cells], "row")
}

/** Rows that were made for these columns: to sort or filter rows makes none anew. */
const made = { key: "", lines: new Map<number, HTMLTableRowElement>() }

export const draw = ({ audit, columns, rows }: Selection, state: State, dates: boolean): void => {
  const key = [state.rows, dates, compact.matches, ...columns.map(({ index }) => index)].join(" ")
  if (made.key !== key) {
    made.key = key
    made.lines = new Map()
  }
  table.dataset["cells"] = dates ? "dates" : "marks"
  table.style.setProperty("--columns", String(columns.length))
  table.style.setProperty("--lead", String(lead(state.rows) - 2))
  const headers = [
    ...leadSorts(state.rows).map((sort) => header(state, sort, "", classOf(sort), [titleOf(sort, state.rows)])),
    ...columns.map((item) => columnHeader(state, item))
  ]
  const head = make("tr", "row headers", headers, "row")
  const lines = rows.map((row) => {
    const before = made.lines.get(row.index)
    if (before !== undefined) return before
    const now = line(audit, row, columns, dates)
    made.lines.set(row.index, now)
    return now
  })
  table.replaceChildren(make("thead", "", [head], "rowgroup"), make("tbody", "", lines, "rowgroup"))
  table.setAttribute("aria-rowcount", String(rows.length + 1))
  table.setAttribute("aria-colcount", String(columns.length + lead(state.rows)))
}

/** Calls when a header is pressed. */
export const listen = (onSort: OnSort): void =>
  table.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null
    const sort = oneOf(sorts, button?.dataset["sort"])
    if (button !== null && sort !== undefined) onSort(sort, button.dataset["column"] ?? "")
  })
