/** The state in the URL's fragment, and with it in the history of the window. */
import { format, parse, type State } from "../model/state.ts"

/** The text field of the last change: typing a word is one step of the history. */
let lastField: HTMLElement | undefined

export const read = (): State => parse(location.hash)

/** Adds a step to the history, or replaces the last one while the reader types in the same text field. */
export const write = (state: State, field: HTMLElement | undefined): void => {
  const fragment = format(state)
  if (fragment === format(read())) return
  const isSameField = field !== undefined && field === lastField
  lastField = field
  try {
    if (isSameField) history.replaceState(null, "", `#${fragment}`)
    else history.pushState(null, "", `#${fragment}`)
  } catch {
    // Some previews of attachments forbid it, and some browsers limit its rate. The page works without it.
  }
}

/** Calls `onState` when the reader goes back or forward, or edits the fragment. */
export const listen = (onState: (state: State) => void): void =>
  addEventListener("popstate", () => {
    lastField = undefined
    onState(read())
  })
