/** The list: a group for each row, a checkpoint with its projects or a project with its checkpoints. */
import { pluralize } from "@checkpoint-permissions/protocol/text"
import { type Audit, across, heldOf, type Item, kindOf, nounOf } from "../model/audit.ts"
import type { Selection } from "../model/select.ts"
import { facts, failure } from "../model/sentences.ts"
import { atLeast, instant } from "../model/text.ts"
import { get, labelOf, make, untrusted } from "./dom.ts"

const fewEntries = 100

const list = get("list-area", HTMLElement)
const openAll = get("open", HTMLButtonElement)

/** Groups that the reader opened or closed. `all` is the last choice for all groups. */
const opened = new Map<string, boolean>()
let all: boolean | undefined

/** Returns the columns that a group lists. The unknown part of a checkpoint is one line. */
const entriesOf = ({ audit, columns }: Selection, row: Item): ReadonlyArray<Item> =>
  columns.filter((column) => {
    const kind = kindOf(audit, row, column)
    return row.axis === "projects" ? kind !== "none" : kind === "access" || kind === "owner"
  })

/** Makes the text of an entry: owner, date and permissions, or the reason of unknown access. */
const fact = (audit: Audit, row: Item, column: Item): HTMLElement => {
  const held = heldOf(audit, row, column)
  const kind = kindOf(audit, row, column)
  if (kind === "owner") return make("span", "fact", [make("span", "since owner", ["owner"]), " always has access"])
  if (held === undefined) return unknown((row.axis === "checkpoints" ? row : column).error)
  return make("span", "fact", [
    make("span", "since access", [`since ${instant(held.since)}`]),
    " ",
    untrusted(
      `${held.ids.length > 1 ? `${held.ids.length} permissions: ` : ""}${held.ids.join(", ")}${held.by.length === 0 ? "" : `, granted by ${held.by.join(", ")}`}`,
      "id"
    )
  ])
}

const unknown = (error: string | undefined): HTMLElement =>
  make("span", "fact", [make("b", "mark", ["? unknown"]), " ", untrusted(error ?? "")])

const content = (selection: Selection, row: Item): HTMLElement => {
  const { audit } = selection
  const entries = entriesOf(selection, row).map((column) =>
    make("li", "entry", [labelOf(column), " ", fact(audit, row, column)])
  )
  if (row.error !== undefined) {
    entries.push(
      make("li", "entry", [make("span", "label", ["every project that is not listed"]), " ", unknown(row.error)])
    )
  }
  if (entries.length === 0) entries.push(make("li", "entry none", [`no ${nounOf(across(row.axis))}`]))
  return make("ul", "entries", entries)
}

const title = (audit: Audit, row: Item): HTMLElement =>
  make("summary", "title", [
    labelOf(row),
    " ",
    make("span", row.unknown > 0 ? "chip unknown" : "chip", [
      make("span", row.unknown > 0 ? "mark" : "", [
        `${atLeast(row.count, row.unknown > 0)} ${row.count === 1 && row.unknown === 0 ? nounOf(across(row.axis)) : across(row.axis)}`
      ])
    ]),
    ...(row.axis === "checkpoints" ? [" ", make("span", "read", [facts(audit, row)])] : []),
    ...(row.error === undefined ? [] : [" ", make("span", "error", [failure(audit, row)])])
  ])

/** Returns the key of a group. */
const keyOf = (row: Item | undefined): string => (row === undefined ? "rest" : `${row.axis} ${row.id}`)

/** Makes the group of a row, or of the columns in no group. Its content is made when it is opened. */
const group = (row: Item | undefined, open: boolean, title: HTMLElement, content: () => HTMLElement): HTMLElement => {
  const element = make("details", row?.error === undefined ? "group" : "group incomplete", [title])
  const fill = (): void => {
    if (element.open && element.childElementCount === 1) element.append(content())
  }
  element.dataset["key"] = keyOf(row)
  element.addEventListener("toggle", fill)
  element.open = open
  fill()
  return element
}

/** Makes a group of the columns that are in no other group, so that none is lost. */
const rest = ({ audit, columns, rows }: Selection, open: boolean): ReadonlyArray<HTMLElement> => {
  const unlisted = columns.filter((column) =>
    rows.every((row) => ["none", "unknown"].includes(kindOf(audit, row, column)))
  )
  const [first] = unlisted
  if (first === undefined) return []
  const title = `${pluralize(unlisted.length, nounOf(first.axis))} without known access to any of these`
  const entries = () => unlisted.map((column) => make("li", "entry", [labelOf(column)]))
  return [group(undefined, open, make("summary", "title", [title]), () => make("ul", "entries", entries()))]
}

/** Draws the rows. `every` opens every group. Default: as the reader chose, or open if the list is short. */
export const draw = (selection: Selection, every: boolean): void => {
  const { audit, rows } = selection
  const isShort = rows.reduce((sum, row) => sum + entriesOf(selection, row).length, 0) <= fewEntries
  const isOpen = (row: Item | undefined): boolean =>
    every || (opened.get(keyOf(row)) ?? all ?? (isShort && row !== undefined))
  list.replaceChildren(
    ...rows.map((row) => group(row, isOpen(row), title(audit, row), () => content(selection, row))),
    ...rest(selection, isOpen(undefined))
  )
  openAll.textContent = rows.every(isOpen) ? "Close all" : "Open all"
}

export const listen = (draw: () => void): void => {
  list.addEventListener("click", ({ target }) => {
    const group = target instanceof Element ? target.closest("summary")?.parentElement : null
    // The click changes the group only after this.
    if (group instanceof HTMLDetailsElement) opened.set(group.dataset["key"] ?? "", !group.open)
  })
  openAll.addEventListener("click", () => {
    all = openAll.textContent === "Open all"
    opened.clear()
    draw()
  })
}
