/** The selection and order of rows and columns. */
import { visible } from "@checkpoint-permissions/protocol/text"
import { type Audit, heldOf, type Item, type Kind, kindOf } from "./audit.ts"
import { isDescending, type Show, type Sort, type State } from "./state.ts"

export interface Selection {
  readonly audit: Audit
  readonly rows: ReadonlyArray<Item>
  readonly columns: ReadonlyArray<Item>
}

/** Returns a predicate that is true if an item contains every word of the query. */
const matcher = (query: string): ((item: Item) => boolean) => {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "")
  return ({ search }) => words.every((word) => search.includes(word))
}

/** The filters of cells, with their texts and predicates. */
const filters: Readonly<
  Record<Show, { readonly words: string; readonly asksFor: (audit: Audit, row: Item, column: Item) => boolean }>
> = {
  all: { words: "", asksFor: () => true },
  some: { words: "no empty rows and columns", asksFor: (...cell) => kindOf(...cell) !== "none" },
  unknown: { words: "only what is unknown", asksFor: (...cell) => kindOf(...cell) === "unknown" },
  several: {
    words: "only where there are several permissions",
    asksFor: (...cell) => (heldOf(...cell)?.ids.length ?? 0) > 1
  }
}

const collator = new Intl.Collator("en", { numeric: true })

/** Compares items by name. Projects are in that order already; checkpoints are compared by id. */
const byName = (one: Item, other: Item): number =>
  (one.axis === "projects" ? 0 : collator.compare(one.id, other.id)) || one.index - other.index

/** Returns the difference of two times. Two items without a date are equal: Infinity - Infinity is not a number. */
const difference = (one: number, other: number): number => (one === other ? 0 : one - other)

/** Returns the sort key of a cell: access by its date, then owners, unknown cells, and no access. */
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
  const keys: Readonly<Record<Exclude<Sort, "name">, (row: Item) => number>> = {
    count: ({ count }) => count,
    oldest: ({ oldest }) => oldest,
    newest: ({ newest }) => newest,
    read: ({ readAt }) => readAt,
    column: (row) => (column === undefined ? 0 : rank(audit, row, column))
  }
  const key = state.sort === "name" ? undefined : keys[state.sort]
  const sign = isDescending(state) ? -1 : 1
  return (one, other) =>
    sign * (key === undefined ? byName(one, other) : difference(key(one), key(other))) || byName(one, other)
}

export const select = (audit: Audit, state: State): Selection => {
  const { show } = state
  const { asksFor } = filters[show]
  let checkpoints = audit.checkpoints.filter(matcher(state.checkpoints))
  let projects = audit.projects.filter(matcher(state.projects))
  if (show !== "all") {
    const [before, all] = [checkpoints, projects]
    // An unknown checkpoint stays even if no project remains whose cell could show it.
    const stays = ({ error }: Item): boolean =>
      show !== "several" && error !== undefined && all.length === audit.projects.length
    checkpoints = before.filter(
      (checkpoint) => stays(checkpoint) || all.some((project) => asksFor(audit, checkpoint, project))
    )
    projects = all.filter((project) => before.some((checkpoint) => asksFor(audit, checkpoint, project)))
  }
  const [rows, columns] = state.rows === "checkpoints" ? [checkpoints, projects] : [projects, checkpoints]
  const sorted = columns.sort(byName)
  return { audit, rows: rows.sort(compareRows(audit, state, sorted)), columns: sorted }
}

/** Counts the cells of each kind. */
export const tally = ({ audit, columns, rows }: Selection): Readonly<Record<Kind, number>> => {
  const count = { access: 0, owner: 0, none: 0, unknown: 0 }
  for (const row of rows) for (const column of columns) count[kindOf(audit, row, column)] += 1
  return count
}

/** Returns all filters as text, empty if there are none. */
export const filterInWords = ({ checkpoints, projects, show }: State): string =>
  [
    checkpoints.trim() === "" ? "" : `checkpoints with “${visible(checkpoints.trim())}”`,
    projects.trim() === "" ? "" : `projects with “${visible(projects.trim())}”`,
    filters[show].words
  ]
    .filter((part) => part !== "")
    .join(", ")
