/** The page: a state, which is drawn whenever it changes and kept in the URL. */
import { counted } from "@checkpoint-permissions/protocol/text"
import { across, make } from "./model/audit.ts"
import type { PageData } from "./model/data.ts"
import { select, tally } from "./model/select.ts"
import { type State, sortBy, type View } from "./model/state.ts"
import * as address from "./view/address.ts"
import * as controls from "./view/controls.ts"
import * as detail from "./view/detail.ts"
import { get } from "./view/dom.ts"
import * as grid from "./view/grid.ts"
import * as header from "./view/header.ts"
import * as listing from "./view/listing.ts"
import * as matrix from "./view/matrix.ts"
import * as paper from "./view/paper.ts"

const fewColumns = 10
const typingPause = 80

const data: PageData = JSON.parse(get("data", HTMLScriptElement).textContent ?? "")
const audit = make(data)
const narrow = matchMedia("(max-width: 699.98px)")

let state = address.read()
let selection = select(audit, state)

/** A narrow window shows the list, unless the reader chose. */
const viewOf = ({ view }: State): View => view ?? (narrow.matches ? "list" : "matrix")

const datesOf = ({ dates, rows }: State): boolean => dates ?? audit[across(rows)].length <= fewColumns

const status = (): string => {
  const count = tally(selection)
  const [checkpoints, projects] =
    state.rows === "checkpoints" ? [selection.rows, selection.columns] : [selection.columns, selection.rows]
  return (
    `${checkpoints.length} of ${counted(audit.checkpoints.length, "checkpoint")}, ` +
    `${projects.length} of ${counted(audit.projects.length, "project")}: ` +
    `${count.access} with a permission, ${counted(count.owner, "owner")}, ${count.unknown} unknown`
  )
}

const draw = (): void => {
  selection = select(audit, state)
  const view = viewOf(state)
  const isEmpty = selection.rows.length === 0
  document.body.dataset["view"] = view
  controls.draw(state, { view, dates: datesOf(state) })
  get("nothing", HTMLElement).hidden = !isEmpty
  for (const each of ["matrix", "list"] as const) {
    get(`${each}-area`, HTMLElement).hidden = isEmpty || view !== each
  }
  get("open", HTMLElement).hidden = isEmpty || view !== "list"
  get("more", HTMLElement).hidden = true
  get("detail", HTMLElement).hidden = isEmpty || view !== "matrix"
  get("status", HTMLElement).textContent = status()
  if (isEmpty) return
  if (view === "matrix") {
    matrix.draw(selection, state, datesOf(state))
    grid.reset()
    detail.clear()
  } else listing.draw(selection)
}

let pause: ReturnType<typeof setTimeout> | undefined

/** Takes a new state. What is typed is drawn when there is a pause. */
const update = (next: State, field?: HTMLElement): void => {
  state = next
  listing.reset()
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
grid.listen()
detail.listen(() => selection)
listing.listen(draw)
controls.listen((change, field) => update(change(state), field))
paper.listen(() => [selection, state])
address.listen((restored) => {
  clearTimeout(pause)
  state = restored
  listing.reset()
  draw()
})
for (const query of [narrow, matrix.compact]) query.addEventListener("change", draw)

header.draw(audit)
draw()
