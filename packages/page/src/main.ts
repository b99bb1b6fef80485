/** The page: a state that is drawn after each change and kept in the URL. */
import { make } from "./model/audit.ts"
import type { PageData } from "./model/data.ts"
import { select } from "./model/select.ts"
import { format, parse, type State, sortBy } from "./model/state.ts"
import { get } from "./view/dom.ts"
import * as form from "./view/form.ts"
import * as header from "./view/header.ts"
import * as list from "./view/list.ts"
import * as matrix from "./view/matrix.ts"

const data: PageData = JSON.parse(get("data", HTMLScriptElement).textContent ?? "")
const audit = make(data)
const narrow = matchMedia("(max-width: 699.98px)")

let state = parse(location.hash)
let selection = select(audit, state)

/** True while the page is printed. It is then a list, since a matrix may be too wide. */
let isPrinting = false

const draw = (): void => {
  selection = select(audit, state)
  // A narrow window shows the list, unless the user has selected a view.
  const view = isPrinting ? "list" : (state.view ?? (narrow.matches ? "list" : "matrix"))
  const isEmpty = selection.rows.length === 0
  form.draw({ ...state, view })
  header.drawStatus(audit, state, selection)
  get("nothing", HTMLElement).hidden = !isEmpty || audit.checkpoints.length === 0
  get("list-area", HTMLElement).hidden = isEmpty || view !== "list"
  for (const id of ["matrix-area", "detail"]) get(id, HTMLElement).hidden = isEmpty || view !== "matrix"
  if (view === "matrix") matrix.draw(selection, state)
  else list.draw(selection)
}

let timer: ReturnType<typeof setTimeout> | undefined

/** Sets a new state. While the user types, the page is drawn after a pause. */
const update = (next: State, isTyping = false): void => {
  state = next
  clearTimeout(timer)
  try {
    history.replaceState(null, "", `#${format(state)}`)
  } catch {
    // Some previews of attachments forbid it, and some browsers limit its rate. The page works without it.
  }
  if (isTyping) timer = setTimeout(draw, 80)
  else draw()
}

matrix.listen(
  () => selection,
  (sort, column) => update(sortBy(state, sort, column))
)
form.listen((change, isTyping) => update(change(state), isTyping))
addEventListener("hashchange", () => update(parse(location.hash)))
narrow.addEventListener("change", draw)
for (const event of ["beforeprint", "afterprint"]) {
  addEventListener(event, () => {
    isPrinting = event === "beforeprint"
    draw()
  })
}

header.draw(audit)
draw()
