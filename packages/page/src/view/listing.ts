/** The list on the screen: a portion at a time, with the groups open that the reader opened. */

import type { Item } from "../model/audit.ts"
import type { Selection } from "../model/select.ts"
import { get } from "./dom.ts"
import { entriesOf, groups, keyOf } from "./list.ts"

const portion = 500
const fewEntries = 100

const list = get("list", HTMLElement)
const more = get("more", HTMLButtonElement)
const openAll = get("open", HTMLButtonElement)

let limit = portion
/** Groups that the reader opened or closed, and what was last wanted of all of them. */
const opened = new Map<string, boolean>()
let all: boolean | undefined

const showMore = (length: number): void => {
  const left = length - limit
  more.hidden = left <= 0
  more.textContent = `Show ${Math.min(portion, left)} more of ${left}`
}

/** Begins with the first portion again: to be called when the state changed. */
export const reset = (): void => {
  limit = portion
}

export const draw = (selection: Selection): void => {
  const { rows } = selection
  const isShort = rows.reduce((sum, row) => sum + entriesOf(selection, row).length, 0) <= fewEntries
  const isOpen = (row: Item | undefined): boolean => opened.get(keyOf(row)) ?? all ?? (isShort && row !== undefined)
  list.replaceChildren(...groups(selection, rows.slice(0, limit), isOpen))
  showMore(rows.length)
  openAll.textContent = rows.every(isOpen) ? "Close all" : "Open all"
}

export const listen = (draw: () => void): void => {
  list.addEventListener("click", ({ target }) => {
    const group = target instanceof Element ? target.closest("summary")?.parentElement : null
    // What a press does to the group is done after this.
    if (group instanceof HTMLDetailsElement) opened.set(group.dataset["key"] ?? "", !group.open)
  })
  openAll.addEventListener("click", () => {
    all = openAll.textContent === "Open all"
    opened.clear()
    draw()
  })
  more.addEventListener("click", () => {
    const before = limit
    limit += portion
    draw()
    const next = list.children[before]?.firstElementChild
    if (next instanceof HTMLElement) {
      if (next.tabIndex < 0) next.tabIndex = -1
      next.focus()
    }
  })
}
