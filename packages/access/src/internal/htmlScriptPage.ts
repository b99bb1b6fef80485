/** The last part of the page's script: the controls, and what they say. */
export const page = `
const detail = get("detail", HTMLElement)
const status = get("status", HTMLElement)
const nothing = get("nothing", HTMLElement)

const draw = () => {
  drawn = shown()
  const { shownColumns, shownRows } = drawn
  const empty = shownRows.length === 0
  nothing.hidden = !empty
  get("matrix-area", HTMLElement).hidden = empty || state.list
  get("list-area", HTMLElement).hidden = empty || !state.list
  for (const id of ["order-control", "dates-control"]) get(id, HTMLElement).hidden = state.list
  if (state.list) drawList()
  else drawMatrix()
  const tally = { a: 0, o: 0, n: 0, u: 0 }
  for (const row of shownRows) for (const column of shownColumns) tally[kindOf(row, column)] += 1
  status.textContent =
    shownRows.length + " of " + counted(rows.length, "checkpoint") + ", " +
    shownColumns.length + " of " + counted(projects.length, "project") + ": " +
    tally.a + " with access, " + counted(tally.o, "owner") + ", " + tally.u + " unknown"
  explain(undefined)
}

/** @param {Element | null | undefined} cell */
const describe = (cell) => {
  if (!(cell instanceof HTMLTableCellElement) || !(cell.parentElement instanceof HTMLTableRowElement)) return undefined
  const row = drawn.shownRows[cell.parentElement.rowIndex - 1]
  const column = drawn.shownColumns[cell.cellIndex - lead]
  const project = column === undefined ? undefined : projects[column]
  if (row !== undefined && column !== undefined && project !== undefined) {
    return { parts: [strange(row.id, "id"), " × ", ...named(project), ": "], text: sentence(row, column) }
  }
  if (row !== undefined) {
    const owner = projects[row.owner]
    const whole = row.reason === null ? "" : ", not read to the end: " + visible(row.reason)
    return {
      parts: [strange(row.id, "id"), ": "],
      text:
        (row.reason === null ? "" : "at least ") + counted(row.count, "project") + " with access" + (owner === undefined ? "" : ", owned by " + visible(owner.id)) +
        ", read " + row.readAt + whole
    }
  }
  if (project !== undefined) {
    return {
      parts: [...named(project), ": "],
      text:
        "can use " + counted(project.count, "checkpoint") +
        (project.unknown === 0 ? "" : ", and " + project.unknown + " more are unknown") + ". Press to sort by it."
    }
  }
  return undefined
}

/** @param {Project} project */
const named = (project) =>
  project.name === "" ? [strange(project.id, "id")] : [strange(project.name, "name"), " ", strange(project.id, "id")]

/** @param {Element | null | undefined} cell */
const explain = (cell) => {
  const told = describe(cell)
  if (told === undefined) detail.replaceChildren("Point at a cell, or move to it with the arrow keys, to read its dates and permissions.")
  else detail.replaceChildren(...told.parts, told.text)
  return told
}

/** @param {Event} event */
const cellAt = (event) => (event.target instanceof Element ? event.target.closest("td, th") : null)

table.addEventListener("mouseover", (event) => {
  const cell = cellAt(event)
  const told = explain(cell)
  if (told !== undefined && cell instanceof HTMLElement && cell.title === "") cell.title = detail.textContent ?? ""
})
table.addEventListener("focusin", (event) => {
  const cell = cellAt(event)
  const told = explain(cell)
  if (told !== undefined && cell instanceof HTMLTableCellElement && cell.tagName === "TD") {
    cell.setAttribute("aria-label", detail.textContent ?? "")
  }
})
table.addEventListener("click", (event) => {
  const cell = cellAt(event)
  if (cell instanceof HTMLTableCellElement && cell.parentElement instanceof HTMLTableRowElement) {
    if (cell.parentElement.rowIndex > 0) focusCell(cell.parentElement.rowIndex, cell.cellIndex)
  }
})

/** @type {number | undefined} */
let waiting
const soon = () => {
  clearTimeout(waiting)
  waiting = setTimeout(draw, 80)
}

const filterRows = get("filter-rows", HTMLInputElement)
const filterColumns = get("filter-columns", HTMLInputElement)
const show = get("show", HTMLSelectElement)
const order = get("order", HTMLSelectElement)
const dates = get("dates", HTMLInputElement)

const read = () => {
  state.rows = filterRows.value
  state.columns = filterColumns.value
  state.show = show.value
  state.order = order.value
  state.dates = dates.checked
  state.list = get("as-list", HTMLInputElement).checked
  state.listed = 500
}
for (const input of [filterRows, filterColumns]) {
  input.addEventListener("input", () => {
    read()
    soon()
  })
}
for (const control of [show, order, dates, get("as-matrix", HTMLInputElement), get("as-list", HTMLInputElement)]) {
  control.addEventListener("change", () => {
    read()
    draw()
  })
}
get("reset", HTMLButtonElement).addEventListener("click", () => {
  filterRows.value = ""
  filterColumns.value = ""
  show.value = "all"
  read()
  draw()
  filterRows.focus()
})

dates.checked = state.dates
read()
get("controls", HTMLElement).hidden = false
draw()
`
