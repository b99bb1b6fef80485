/** The fourth part of the page's script: one line for each project that can use a checkpoint. */
export const list = `
const listTable = get("list", HTMLTableElement)
const more = get("more", HTMLButtonElement)

/** @typedef {{ row: Row, column: number | undefined }} Entry */

/** @returns {Array<Entry>} */
const entries = () =>
  drawn.shownRows.flatMap((row) => {
    /** @type {Array<Entry>} */
    const known = drawn.shownColumns.flatMap((column) =>
      "ao".includes(kindOf(row, column)) ? [{ row, column }] : []
    )
    // One line says it for all the others.
    return row.reason === null ? known : [...known, { row, column: undefined }]
  })

/** @param {Entry} entry */
const sinceOf = ({ column, row }) => (column === undefined ? Infinity : (row.held.get(column)?.since ?? -Infinity))

/** @param {Entry} entry */
const projectOf = ({ column }) => (column === undefined ? projects.length : column)

/** @param {Entry} one @param {Entry} other */
const compareEntries = (one, other) => {
  const since = sinceOf(one) - sinceOf(other)
  const order =
    state.listBy === "checkpoint"
      ? byText(one.row.text, other.row.text) || projectOf(one) - projectOf(other)
      : state.listBy === "project"
        ? projectOf(one) - projectOf(other) || byText(one.row.text, other.row.text)
        : Number.isNaN(since) ? 0 : since
  return state.listDown ? -order : order
}

/** @param {"checkpoint" | "project" | "since"} by @param {string} text */
const listHeader = (by, text) => {
  const button = make("button", "", [text])
  button.type = "button"
  button.addEventListener("click", () => {
    state.listDown = state.listBy === by ? !state.listDown : by === "since"
    state.listBy = by
    draw()
    const again = listTable.querySelectorAll("th button")[by === "checkpoint" ? 0 : by === "project" ? 1 : 2]
    if (again instanceof HTMLElement) again.focus()
  })
  const cell = make("th", "", [button])
  cell.scope = "col"
  cell.setAttribute("aria-sort", state.listBy === by ? (state.listDown ? "descending" : "ascending") : "none")
  return cell
}

/** @param {Entry} entry */
const listLine = ({ column, row }) => {
  const checkpoint = make("th", "", [strange(row.id, "id")])
  checkpoint.scope = "row"
  const project = column === undefined ? undefined : projects[column]
  if (column === undefined || project === undefined) {
    const reason = make("td", "u", [make("b", "", ["? unknown"]), " ", strange(row.reason ?? "", "")])
    reason.colSpan = 2
    return make("tr", "", [checkpoint, make("td", "u", ["every project that is not listed"]), reason])
  }
  const held = row.held.get(column)
  const owns = row.owner === column
  return make("tr", "", [
    checkpoint,
    make("td", "", [...(project.name === "" ? [] : [strange(project.name, "name"), " "]), strange(project.id, "id")]),
    owns || held === undefined ? make("td", "o", ["owner"]) : make("td", "a", [instant(held.since)]),
    make("td", "number", [owns || held === undefined ? "–" : String(held.ids.length)])
  ])
}

const drawList = () => {
  const all = entries().sort(compareEntries)
  const head = make("tr", "", [
    listHeader("checkpoint", "Checkpoint"),
    listHeader("project", "Project"),
    listHeader("since", "Access since"),
    make("th", "number", ["Permissions"])
  ])
  const body = make("tbody", "", all.slice(0, state.listed).map(listLine))
  listTable.replaceChildren(make("thead", "", [head]), body)
  more.hidden = all.length <= state.listed
  more.textContent = "Show " + Math.min(500, all.length - state.listed) + " more of " + (all.length - state.listed)
}

more.addEventListener("click", () => {
  const before = state.listed
  state.listed += 500
  drawList()
  const next = listTable.tBodies[0]?.rows[before]
  if (next !== undefined) {
    next.tabIndex = -1
    next.focus()
  }
})
`
