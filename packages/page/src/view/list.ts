/** The list: a group for each row, a checkpoint with its projects or a project with its checkpoints. */
import { pluralize, visible } from "@checkpoint-permissions/protocol/text"
import { across, cellOf, type Item } from "../model/audit.ts"
import type { Selection } from "../model/select.ts"
import { countOf, failure, instant, read, retirement } from "../model/text.ts"
import { get, labelOf, make, untrusted } from "./dom.ts"

const unknown = (error = ""): HTMLElement =>
  make("span", "fact", [make("b", "mark", ["? unknown"]), " ", untrusted(error)])

/** Makes the text of an entry: owner, date and permissions, or the reason of unknown access. */
const fact = (row: Item, column: Item): HTMLElement => {
  const { by, ids, kind, note, since } = cellOf(row, column)
  const noted = note === "" ? [] : [" ", untrusted(note, "mark")]
  const { isOwned } = row.axis === "checkpoints" ? row : column
  if (kind === "none") return make("span", "fact", [isOwned ? "no access" : "no permission", ...noted])
  if (kind === "owner") return make("span", "fact", [make("span", "since owner", ["owner"]), " always has access"])
  if (kind !== "access") return unknown(row.error ?? column.error)
  const several = ids.length > 1 ? `${pluralize(ids.length, "permission")}: ` : ""
  const actors = by.length === 0 ? "" : `, granted by ${by.join(", ")}`
  return make("span", "fact", [
    make("span", "since access", [`since ${instant(since)}`]),
    " ",
    untrusted(`${several}${ids.join(", ")}${actors}`, "id"),
    ...noted
  ])
}

const entry = (label: HTMLElement | string, fact: HTMLElement): HTMLElement => make("li", "entry", [label, " ", fact])

/** Makes the entries of a row. The unknown part of a checkpoint is one entry. */
const entries = (row: Item, columns: ReadonlyArray<Item>): ReadonlyArray<HTMLElement> => {
  const shown = columns.filter((column) => {
    const { kind, note } = cellOf(row, column)
    return note !== "" || kind === "access" || kind === "owner" || (kind === "unknown" && row.axis === "projects")
  })
  const all = shown.map((column) => entry(labelOf(column), fact(row, column)))
  if (row.error !== undefined) return [...all, entry("every project that is not listed", unknown(row.error))]
  return all.length === 0 ? [make("li", "entry none", [`no ${across(row.axis).slice(0, -1)}`])] : all
}

const group = (row: Item, columns: ReadonlyArray<Item>): HTMLElement => {
  const isUnknown = row.unknown > 0
  const facts =
    row.axis === "checkpoints"
      ? [retirement(row), read(row), visible(row.note ?? "")].filter((text) => text !== "")
      : []
  return make("section", row.error === undefined ? "group" : "group incomplete", [
    make(row.group === undefined ? "h2" : "h3", "title", [
      labelOf(row),
      " ",
      make("span", isUnknown ? "chip unknown" : "chip", [countOf(row)]),
      ...(facts.length === 0 ? [] : [" ", make("span", "read", [facts.join(" · ")])]),
      ...(row.error === undefined ? [] : [" ", make("span", "error", [failure(row)])])
    ]),
    make("ul", "entries", entries(row, columns))
  ])
}

/** Draws the rows. The first row of neighbors in the same group has the title of the group above it. */
export const draw = ({ columns, rows }: Selection): void =>
  get("list-area", HTMLElement).replaceChildren(
    ...rows.flatMap((row, at) => [
      ...(row.group === undefined || row.group === rows[at - 1]?.group
        ? []
        : [make("h2", "owned", [untrusted(row.group)])]),
      group(row, columns)
    ])
  )
