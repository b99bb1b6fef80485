/**
 * What is printed: all rows with everything that is known of them, as a list, and the filters in words.
 * The matrix is as wide as there are columns, paper is not.
 */
import type { Selection } from "../model/select.ts"
import { filterInWords } from "../model/select.ts"
import type { State } from "../model/state.ts"
import { get, make } from "./dom.ts"
import { groups } from "./list.ts"

const paper = get("paper", HTMLElement)

const fill = (selection: Selection, state: State): void => {
  const filter = filterInWords(state)
  const note = filter === "" ? "Everything is shown: there is no filter." : `Filter: ${filter}.`
  paper.replaceChildren(make("p", "filter", [note]), ...groups(selection, selection.rows, () => true))
}

export const listen = (current: () => readonly [selection: Selection, state: State]): void => {
  const print = (): void => fill(...current())
  const clear = (): void => paper.replaceChildren()
  addEventListener("beforeprint", print)
  addEventListener("afterprint", clear)
}
