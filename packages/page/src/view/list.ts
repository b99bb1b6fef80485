/** One group for each row: a checkpoint with its projects, or a project with its checkpoints. */
import { counted } from "@checkpoint-permissions/protocol/text"
import { type Audit, across, heldOf, type Item, kindOf, nounOf } from "../model/audit.ts"
import type { Selection } from "../model/select.ts"
import { carriedOver, facts, failure } from "../model/sentences.ts"
import { atLeast, instant } from "../model/text.ts"
import { labelOf, make, untrusted } from "./dom.ts"

/** The columns that a group lists. What is unknown of a checkpoint is said in one line. */
export const entriesOf = ({ audit, columns }: Selection, row: Item): ReadonlyArray<Item> =>
  columns.filter((column) => {
    const kind = kindOf(audit, row, column)
    return row.axis === "projects" ? kind !== "none" : kind === "access" || kind === "owner"
  })

/** What an entry says: owner, since when and by which permissions, or why it is unknown. */
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
    make("li", "entry", [
      labelOf(column),
      " ",
      fact(audit, row, column),
      " ",
      make("span", "read", [carriedOver(audit, column) ?? ""])
    ])
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
    make("span", row.unknown > 0 ? "size unknown" : "size", [
      make("span", row.unknown > 0 ? "mark" : "", [
        `${atLeast(row.count, row.unknown > 0)} ${row.count === 1 && row.unknown === 0 ? nounOf(across(row.axis)) : across(row.axis)}`
      ])
    ]),
    ...(row.axis === "checkpoints" ? [" ", make("span", "read", [facts(audit, row)])] : []),
    ...(row.error === undefined ? [] : [" ", make("span", "error", [failure(audit, row)])])
  ])

/** What a group is known by. */
export const keyOf = (row: Item | undefined): string => (row === undefined ? "rest" : `${row.axis} ${row.id}`)

/** A group. What is in it is made when it is opened. */
const group = (selection: Selection, row: Item, open: boolean): HTMLDetailsElement => {
  const element = make("details", row.error === undefined ? "group" : "group incomplete", [title(selection.audit, row)])
  const fill = (): void => {
    if (element.childElementCount === 1) element.append(content(selection, row))
  }
  element.dataset["key"] = keyOf(row)
  element.addEventListener("toggle", () => {
    if (element.open) fill()
  })
  if (open) fill()
  element.open = open
  return element
}

/** What stands in no group: nothing that is shown is lost. */
const rest = (selection: Selection, open: boolean): ReadonlyArray<HTMLElement> => {
  const { audit, columns, rows } = selection
  const unlisted = columns.filter((column) =>
    rows.every((row) => {
      const kind = kindOf(audit, row, column)
      return kind === "none" || kind === "unknown"
    })
  )
  if (unlisted.length === 0 || rows.length === 0) return []
  const element = make("details", "group", [
    make("summary", "title", [
      `${counted(unlisted.length, nounOf(columns[0]?.axis ?? "projects"))} without known access to any of these`
    ]),
    make(
      "ul",
      "entries",
      unlisted.map((column) => make("li", "entry", [labelOf(column)]))
    )
  ])
  element.dataset["key"] = keyOf(undefined)
  element.open = open
  return [element]
}

export const groups = (
  selection: Selection,
  rows: ReadonlyArray<Item>,
  isOpen: (row: Item | undefined) => boolean
): ReadonlyArray<HTMLElement> => [
  ...rows.map((row) => group(selection, row, isOpen(row))),
  ...rest(selection, isOpen(undefined))
]
