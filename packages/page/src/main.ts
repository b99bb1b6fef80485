/** The page: a state that is drawn after each change and kept in the URL. */
import { pluralize } from "@checkpoint-permissions/protocol/text"
import { across, make } from "./model/audit.ts"
import type { PageData } from "./model/data.ts"
import { filterInWords, select, tally } from "./model/select.ts"
import { type State, sortBy, type View } from "./model/state.ts"
import * as address from "./view/address.ts"
import * as controls from "./view/controls.ts"
import { get } from "./view/dom.ts"
import * as grid from "./view/grid.ts"
import * as header from "./view/header.ts"
import * as list from "./view/list.ts"
import * as matrix from "./view/matrix.ts"

const fewColumns = 10
const typingPause = 80

const data: PageData = JSON.parse(get("data", HTMLScriptElement).textContent ?? "")
const audit = make(data)
const narrow = matchMedia("(max-width: 699.98px)")

let state = address.read()
let selection = select(audit, state)

/** True while the page is printed: as a list with every group open, since a matrix may be too wide. */
let isPrinting = false

/** Returns the state with defaults for its absent parts. A narrow window shows the list, unless the reader chose. */
const effective = (): State & { readonly view: View; readonly dates: boolean } => ({
  ...state,
  view: isPrinting ? "list" : (state.view ?? (narrow.matches ? "list" : "matrix")),
  dates: state.dates ?? audit[across(state.rows)].length <= fewColumns
})

const status = (): string => {
  const count = tally(selection)
  const [checkpoints, projects] =
    state.rows === "checkpoints" ? [selection.rows, selection.columns] : [selection.columns, selection.rows]
  return (
    `${checkpoints.length} of ${pluralize(audit.checkpoints.length, "checkpoint")}, ` +
    `${projects.length} of ${pluralize(audit.projects.length, "project")}: ` +
    `${count.access} with a permission, ${pluralize(count.owner, "owner")}, ${count.unknown} unknown`
  )
}

const draw = (): void => {
  selection = select(audit, state)
  const shown = effective()
  const { dates, view } = shown
  const isEmpty = selection.rows.length === 0
  const filter = filterInWords(state)
  document.body.dataset["view"] = view
  controls.draw(shown)
  get("nothing", HTMLElement).hidden = !isEmpty
  for (const [id, of] of [
    ["matrix-area", "matrix"],
    ["detail", "matrix"],
    ["list-area", "list"],
    ["open", "list"]
  ] as const) {
    get(id, HTMLElement).hidden = isEmpty || view !== of
  }
  get("status", HTMLElement).textContent = status()
  get("filter", HTMLElement).textContent =
    filter === "" ? "Everything is shown: there is no filter." : `Filter: ${filter}.`
  if (isEmpty) return
  if (view === "matrix") {
    matrix.draw(selection, state, dates)
    grid.reset()
  } else list.draw(selection, isPrinting)
}

let pause: ReturnType<typeof setTimeout> | undefined

/** Sets a new state. While the reader types, it is drawn after a pause. */
const update = (next: State, field?: HTMLElement): void => {
  state = next
  clearTimeout(pause)
  const show = (): void => {
    address.write(state, field)
    draw()
  }
  if (field === undefined) show()
  else pause = setTimeout(show, typingPause)
}

matrix.listen((sort, column) => {
  update(sortBy(state, sort, column))
  grid.focusCell(0, matrix.positionOf(state, selection))
})
grid.listen(() => selection)
list.listen(draw)
controls.listen((change, field) => update(change(state), field))
address.listen((restored) => {
  clearTimeout(pause)
  state = restored
  draw()
})
for (const query of [narrow, matrix.compact]) query.addEventListener("change", draw)
for (const event of ["beforeprint", "afterprint"]) {
  addEventListener(event, () => {
    isPrinting = event === "beforeprint"
    draw()
  })
}

header.draw(audit)
draw()
