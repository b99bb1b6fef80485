/** Which rows and columns are shown, and in which order. */
import { visible } from "@checkpoint-permissions/protocol/text"
import { type Audit, heldOf, type Item, type Kind, kindOf } from "./audit.ts"
import { isDescending, type Show, type State } from "./state.ts"

export interface Selection {
  readonly audit: Audit
  readonly rows: ReadonlyArray<Item>
  readonly columns: ReadonlyArray<Item>
}

/** Every word has to be in it. */
const matcher = (query: string): ((item: Item) => boolean) => {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "")
  return ({ search }) => words.every((word) => search.includes(word))
}

/** Whether a state filter asks for a cell. */
const isWanted = (audit: Audit, show: Show, row: Item, column: Item): boolean => {
  switch (show) {
    case "all":
      return true
    case "some":
      return kindOf(audit, row, column) !== "none"
    case "unknown":
      return kindOf(audit, row, column) === "unknown"
    case "several":
      return (heldOf(audit, row, column)?.ids.length ?? 0) > 1
  }
}

const collator = new Intl.Collator("en", { numeric: true })

/** Projects come sorted by name; checkpoints are sorted here. */
const byName = (one: Item, other: Item): number =>
  (one.axis === "projects" ? 0 : collator.compare(one.id, other.id)) || one.index - other.index

/** Infinity - Infinity is not a number: neither has a date. */
const difference = (one: number, other: number): number => (one === other ? 0 : one - other)

/** Access by its date, then owners, what is unknown, and no access. */
const rank = (audit: Audit, row: Item, column: Item): number => {
  const kind = kindOf(audit, row, column)
  if (kind === "access") return heldOf(audit, row, column)?.since ?? 0
  return { owner: 4e13, unknown: 5e13, none: 6e13 }[kind]
}

const compareRows = (
  audit: Audit,
  state: State,
  columns: ReadonlyArray<Item>
): ((one: Item, other: Item) => number) => {
  const column = columns.find(({ id }) => id === state.column)
  const compare = (one: Item, other: Item): number => {
    switch (state.sort) {
      case "name":
        return byName(one, other)
      case "count":
        return one.count - other.count
      case "oldest":
        return difference(one.oldest, other.oldest)
      case "newest":
        return difference(one.newest, other.newest)
      case "read":
        return one.readAt - other.readAt
      case "column":
        return column === undefined ? 0 : rank(audit, one, column) - rank(audit, other, column)
    }
  }
  const sign = isDescending(state) ? -1 : 1
  return (one, other) => sign * compare(one, other) || byName(one, other)
}

export const select = (audit: Audit, state: State): Selection => {
  const { show } = state
  let checkpoints = audit.checkpoints.filter(matcher(state.checkpoints))
  let projects = audit.projects.filter(matcher(state.projects))
  if (show !== "all") {
    const [before, all] = [checkpoints, projects]
    // An unknown checkpoint stays even if there is no project whose cell could say so.
    const stays = ({ error }: Item): boolean =>
      show !== "several" && error !== undefined && all.length === audit.projects.length
    checkpoints = before.filter(
      (checkpoint) => stays(checkpoint) || all.some((project) => isWanted(audit, show, checkpoint, project))
    )
    projects = all.filter((project) => before.some((checkpoint) => isWanted(audit, show, checkpoint, project)))
  }
  const [rows, columns] = state.rows === "checkpoints" ? [checkpoints, projects] : [projects, checkpoints]
  const sorted = columns.sort(byName)
  return { audit, rows: rows.sort(compareRows(audit, state, sorted)), columns: sorted }
}

/** How many cells there are of each kind. */
export const tally = ({ audit, columns, rows }: Selection): Readonly<Record<Kind, number>> => {
  const count = { access: 0, owner: 0, none: 0, unknown: 0 }
  for (const row of rows) for (const column of columns) count[kindOf(audit, row, column)] += 1
  return count
}

const showsInWords: Readonly<Record<Show, string>> = {
  all: "",
  some: "no empty rows and columns",
  unknown: "only what is unknown",
  several: "only where there are several permissions"
}

/** The filters in words: empty if there are none. */
export const filterInWords = ({ checkpoints, projects, show }: State): string =>
  [
    checkpoints.trim() === "" ? "" : `checkpoints with “${visible(checkpoints.trim())}”`,
    projects.trim() === "" ? "" : `projects with “${visible(projects.trim())}”`,
    showsInWords[show]
  ]
    .filter((part) => part !== "")
    .join(", ")
