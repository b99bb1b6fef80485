/** The form: it shows a state, and says what a reader makes of it. The names of its controls are those of the state. */
import { choose, type State } from "../model/state.ts"
import { get } from "./dom.ts"

const form = get("controls", HTMLFormElement)
const options = get("options", HTMLButtonElement)

/** Writes a state into the form. A sort by a column of the matrix is none that the form has. */
export const draw = (shown: State): void => {
  for (const [name, value] of Object.entries(shown)) {
    const control = form.elements.namedItem(name)
    if (control instanceof HTMLInputElement && control.type === "checkbox") control.checked = value === true
    else if (
      control instanceof RadioNodeList ||
      control instanceof HTMLSelectElement ||
      // To write what it has already would move the cursor.
      (control instanceof HTMLInputElement && control.value !== value)
    ) {
      control.value = String(value)
    }
  }
  form.hidden = false
}

/** A change of the state, and the text field that it was made in. */
export type OnChange = (change: (state: State) => State, field?: HTMLElement) => void

export const listen = (onChange: OnChange): void => {
  // Enter in a text field would load the page anew.
  form.addEventListener("submit", (event) => event.preventDefault())
  form.addEventListener("input", ({ target }) => {
    if (!(target instanceof HTMLInputElement || target instanceof HTMLSelectElement)) return
    const isOff = target instanceof HTMLInputElement && target.type === "checkbox" && !target.checked
    onChange(
      (state) => choose(state, target.name, isOff ? "0" : target.value),
      target.type === "search" ? target : undefined
    )
  })
  get("reset", HTMLButtonElement).addEventListener("click", () => {
    onChange((state) => ({ ...state, checkpoints: "", projects: "", show: "all" }))
    get("filter-checkpoints", HTMLInputElement).focus()
  })
  options.addEventListener("click", () => {
    const isOpen = form.classList.toggle("opened")
    options.setAttribute("aria-expanded", String(isOpen))
  })
}
