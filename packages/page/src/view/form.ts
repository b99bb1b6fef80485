/** The form: it shows a state, and reports changes. Its controls have the names of the state's fields. */
import { choose, type State } from "../model/state.ts"
import { get } from "./dom.ts"

const form = get("form", HTMLFormElement)

export const draw = (shown: State): void => {
  for (const [name, value] of Object.entries(shown)) {
    const control = form.elements.namedItem(name)
    if (
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

/** Calls `onChange` with a change of the state. */
export const listen = (onChange: (change: (state: State) => State, isTyping: boolean) => void): void => {
  // Enter in a text field would reload the page.
  form.addEventListener("submit", (event) => event.preventDefault())
  form.addEventListener("input", ({ target }) => {
    if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) {
      onChange((state) => choose(state, target.name, target.value), target.type === "search")
    }
  })
  get("reset", HTMLButtonElement).addEventListener("click", () =>
    onChange((state) => ({ ...state, checkpoints: "", projects: "", show: "all" }), false)
  )
}
