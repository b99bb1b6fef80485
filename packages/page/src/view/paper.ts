/**
 * What is printed: all rows with everything that is known of them, as a list or as grants, and the filters in words.
 * The matrix is as wide as there are columns, paper is not.
 */
import { grantsOf } from "../model/grants.ts"
import type { Selection } from "../model/select.ts"
import { filterInWords } from "../model/select.ts"
import type { State, View } from "../model/state.ts"
import { get, make } from "./dom.ts"
import { contents } from "./grants.ts"
import { groups } from "./list.ts"

const paper = get("paper", HTMLElement)

const fill = (selection: Selection, state: State, view: View): void => {
  const filter = filterInWords(state)
  const note = filter === "" ? "Everything is shown: there is no filter." : `Filter: ${filter}.`
  const body =
    view === "grants"
      ? [make("table", "grants", contents(selection.audit, grantsOf(selection, state), state))]
      : groups(selection, selection.rows, () => true)
  paper.replaceChildren(make("p", "filter", [note]), ...body)
}

export const listen = (current: () => readonly [selection: Selection, state: State, view: View]): void => {
  const print = (): void => fill(...current())
  const clear = (): void => paper.replaceChildren()
  addEventListener("beforeprint", print)
  addEventListener("afterprint", clear)
}
