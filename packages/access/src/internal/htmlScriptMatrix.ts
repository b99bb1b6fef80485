/** The third part of the page's script: checkpoints × projects. */
export const matrix = `
const table = get("matrix", HTMLTableElement)

/** @type {ReturnType<typeof shown>} */
let drawn = { shownRows: [], shownColumns: [] }

/** Columns before those of projects. */
const lead = 4

/** @param {string | number} by */
const sortState = (by) => (state.by === by ? (state.down ? "descending" : "ascending") : "none")

/**
 * @param {"checkpoint" | "count" | "oldest" | "newest" | number} by
 * @param {string} className
 * @param {ReadonlyArray<Node | string>} children
 */
const header = (by, className, children) => {
  const button = make("button", "", children)
  button.type = "button"
  button.tabIndex = -1
  button.addEventListener("click", () => {
    // Dates and counts are wanted from the top first, names from A; a project's own column shows access first.
    state.down = state.by === by ? !state.down : by === "count" || by === "newest"
    state.by = by
    draw()
    focusCell(0, by === "checkpoint" ? 0 : by === "count" ? 1 : by === "oldest" ? 2 : by === "newest" ? 3 : lead + drawn.shownColumns.indexOf(by))
  })
  const cell = make("th", className, [button])
  cell.scope = "col"
  cell.setAttribute("aria-sort", sortState(by))
  return cell
}

/**
 * A count of what is certain, and whether there may be more.
 *
 * @param {number} count
 * @param {boolean} more
 */
const atLeast = (count, more) => (!more ? String(count) : count === 0 ? "?" : count + "+")

/** @param {number} column */
const projectHeader = (column) => {
  const project = projects[column]
  if (project === undefined) throw new Error("no such project")
  const { count, id, name, unknown } = project
  const label = make("span", "label", [
    ...(name === "" ? [] : [strange(name, "name")]),
    strange(id, name === "" ? "id name" : "id")
  ])
  const number = make("span", "count", [atLeast(count, unknown > 0)])
  return header(column, "project", [label, number])
}

/** @type {Record<Kind, HTMLTableCellElement>} */
const models = {
  a: make("td", "a", ["✓"]),
  o: make("td", "o", ["own"]),
  n: make("td", "n", ["·"]),
  u: make("td", "u", [make("b", "", ["?"])])
}


/** @param {Row} row @param {ReadonlyArray<number>} columns */
const line = (row, columns) => {
  const head = make("th", "", [strange(row.id, "id")])
  head.scope = "row"
  const incomplete = row.reason === null ? "" : " u"
  const cells = columns.map((column) => {
    const kind = kindOf(row, column)
    const cell = models[kind].cloneNode(true)
    const held = row.held.get(column)
    if (kind === "a" && held !== undefined) {
      const several = held.ids.length > 1 ? "×" + held.ids.length : ""
      if (state.dates) cell.textContent = day(held.since) + (several && " " + several)
      else if (several) cell.textContent = several
    }
    return cell
  })
  return make("tr", row.reason === null ? "" : "incomplete", [
    head,
    make("td", "number" + incomplete, [atLeast(row.count, row.reason !== null)]),
    make("td", "date", [day(row.oldest)]),
    make("td", "date", [day(row.newest)]),
    ...cells
  ])
}

/** Rows that were made for these columns: to sort or filter rows makes none anew. */
const made = { key: "", lines: /** @type {Map<number, HTMLTableRowElement>} */ (new Map()) }

const drawMatrix = () => {
  const { shownColumns, shownRows } = drawn
  const key = state.dates + " " + shownColumns.join(" ")
  if (made.key !== key) {
    made.key = key
    made.lines = new Map()
  }
  table.className = state.dates ? "dates" : "marks"
  table.style.setProperty("--columns", String(shownColumns.length))
  const head = make("tr", "", [
    header("checkpoint", "corner", ["Checkpoint"]),
    header("count", "figure", ["Projects"]),
    header("oldest", "figure", ["Oldest"]),
    header("newest", "figure", ["Newest"]),
    ...shownColumns.map(projectHeader)
  ])
  const lines = shownRows.map((row) => {
    const before = made.lines.get(row.index)
    if (before !== undefined) return before
    const now = line(row, shownColumns)
    made.lines.set(row.index, now)
    return now
  })
  const widths = ["first", "figure", "date", "date"].map((name) => make("col", name))
  table.replaceChildren(make("colgroup", "", widths), make("thead", "", [head]), make("tbody", "", lines))
  table.setAttribute("aria-rowcount", String(shownRows.length + 1))
  for (const cell of table.querySelectorAll("[tabindex='0']")) cell.setAttribute("tabindex", "-1")
  current = [0, 0]
  const first = focusable(0, 0)
  if (first !== undefined) first.tabIndex = 0
  // What the keyboard comes to is not to be hidden behind what stays in sight.
  const corner = table.rows[0]?.cells[0]
  const area = table.parentElement
  if (corner !== undefined && area !== null) {
    area.style.scrollPadding = corner.offsetHeight + "px 0 0 " + corner.offsetWidth + "px"
  }
}

/** Of the whole table one cell can be reached by the Tab key, the others from there by arrows. */
let current = [0, 0]

/** @param {number} row @param {number} column @returns {HTMLElement | undefined} */
const focusable = (row, column) => {
  const cell = table.rows[row]?.cells[column]
  return cell?.querySelector("button") ?? cell
}

/** @param {number} row @param {number} column */
const focusCell = (row, column) => {
  const next = focusable(row, column)
  if (next === undefined) return
  const before = focusable(current[0] ?? 0, current[1] ?? 0)
  if (before !== undefined) before.tabIndex = -1
  current = [row, column]
  next.tabIndex = 0
  next.focus({ preventScroll: true })
  next.scrollIntoView({ block: "nearest", inline: "nearest" })
}

table.addEventListener("keydown", (event) => {
  const [row = 0, column = 0] = current
  const [lastRow, lastColumn] = [table.rows.length - 1, lead + drawn.shownColumns.length - 1]
  const all = event.ctrlKey || event.metaKey
  /** @type {Readonly<Record<string, [number, number]>>} */
  const moves = {
    ArrowUp: [row - 1, column],
    ArrowDown: [row + 1, column],
    ArrowLeft: [row, column - 1],
    ArrowRight: [row, column + 1],
    PageUp: [row - 10, column],
    PageDown: [row + 10, column],
    Home: [all ? 0 : row, 0],
    End: [all ? lastRow : row, lastColumn]
  }
  const move = moves[event.key]
  if (move === undefined || event.altKey) return
  event.preventDefault()
  focusCell(Math.max(0, Math.min(lastRow, move[0])), Math.max(0, Math.min(lastColumn, move[1])))
})
`
