/** The form: it shows a state, and reports changes. Its controls have the names of the state's fields. */
import { choose, type State } from "../model/state.ts"
import { get } from "./dom.ts"

const form = get("controls", HTMLFormElement)
const options = get("options", HTMLButtonElement)

/** Writes a state into the form. The form has no option for a sort by a column of the matrix. */
export const draw = (shown: State): void => {
  for (const [name, value] of Object.entries(shown)) {
    const control = form.elements.namedItem(name)
    if (control instanceof HTMLInputElement && control.type === "checkbox") control.checked = value === true
    else if (
      control instanceof RadioNodeList ||
      control instanceof HTMLSelectElement ||
      // Writing an unchanged value would move the cursor.
      (control instanceof HTMLInputElement && control.value !== value)
    ) {
      control.value = String(value)
    }
  }
  form.hidden = false
}

/** Called with a change of the state, and the text field in which it was made. */
export type OnChange = (change: (state: State) => State, field?: HTMLElement) => void

export const listen = (onChange: OnChange): void => {
  // Enter in a text field would reload the page.
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
