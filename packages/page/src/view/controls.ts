/** The form: it shows a state, and says what a reader makes of it. */
import { axes, oneOf, type State, shows, sorts, turn, type View, views } from "../model/state.ts"
import { get } from "./dom.ts"

const form = get("controls", HTMLFormElement)
const checkpoints = get("filter-checkpoints", HTMLInputElement)
const projects = get("filter-projects", HTMLInputElement)
const show = get("show", HTMLSelectElement)
const sort = get("sort", HTMLSelectElement)
const dates = get("dates", HTMLInputElement)
const options = get("options", HTMLButtonElement)

const radio = (id: string): HTMLInputElement => get(id, HTMLInputElement)

/** What is shown of a state that leaves things open. */
export interface Effective {
  readonly view: View
  readonly dates: boolean
}

/** Writes a state into the form. */
export const draw = (state: State, effective: Effective): void => {
  if (checkpoints.value !== state.checkpoints) checkpoints.value = state.checkpoints
  if (projects.value !== state.projects) projects.value = state.projects
  show.value = state.show
  // The list has no headers to press. A sort by a column of the matrix is shown as none of these.
  sort.value = state.sort
  dates.checked = effective.dates
  radio(`view-${effective.view}`).checked = true
  radio(`rows-${state.rows}`).checked = true
  form.hidden = false
}

/** A change of the state, and the text field that it was made in. */
export type OnChange = (change: (state: State) => State, field?: HTMLInputElement) => void

export const listen = (onChange: OnChange): void => {
  // Enter in a text field would load the page anew.
  form.addEventListener("submit", (event) => event.preventDefault())
  checkpoints.addEventListener("input", () =>
    onChange((state) => ({ ...state, checkpoints: checkpoints.value }), checkpoints)
  )
  projects.addEventListener("input", () => onChange((state) => ({ ...state, projects: projects.value }), projects))
  const choose = <A extends string>(
    control: HTMLSelectElement,
    allowed: ReadonlyArray<A>,
    change: (state: State, value: A) => State
  ): void =>
    control.addEventListener("change", () => {
      const value = oneOf(allowed, control.value)
      if (value !== undefined) onChange((state) => change(state, value))
    })
  choose(show, shows, (state, show) => ({ ...state, show }))
  choose(sort, sorts, (state, sort) => ({ ...state, sort, column: "", reverse: false }))
  dates.addEventListener("change", () => onChange((state) => ({ ...state, dates: dates.checked })))
  for (const view of views)
    radio(`view-${view}`).addEventListener("change", () => onChange((state) => ({ ...state, view })))
  for (const rows of axes)
    radio(`rows-${rows}`).addEventListener("change", () => onChange((state) => turn(state, rows)))
  get("reset", HTMLButtonElement).addEventListener("click", () => {
    onChange((state) => ({ ...state, checkpoints: "", projects: "", show: "all" }))
    checkpoints.focus()
  })
  options.addEventListener("click", () => {
    const isOpen = form.classList.toggle("opened")
    options.setAttribute("aria-expanded", String(isOpen))
  })
}
