/** The selection and order of rows and columns. */
import { type Audit, type Cell, cellOf, type Item, type Kind } from "./audit.ts"
import { isDescending, type Show, type State } from "./state.ts"

export interface Selection {
  readonly rows: ReadonlyArray<Item>
  readonly columns: ReadonlyArray<Item>
}

/** Returns a predicate that is true if an item contains every word of the query. */
const matcher = (query: string): ((item: Item) => boolean) => {
  const words = query.toLowerCase().split(/\s+/)
  return ({ search }) => words.every((word) => search.includes(word))
}

/** The filters of cells. A row or column is shown if one of its cells passes. */
const filters: Readonly<Record<Show, (cell: Cell) => boolean>> = {
  all: () => true,
  some: ({ kind }) => kind !== "none",
  unknown: ({ kind }) => kind === "unknown",
  several: ({ ids }) => ids.length > 1
}

const collator = new Intl.Collator("en", { numeric: true })

/** Compares items by name. Projects and groups are already in order, so only other checkpoints are compared, by id. */
const byName = (one: Item, other: Item): number =>
  (one.axis === "projects" || one.group !== undefined ? 0 : collator.compare(one.id, other.id)) ||
  one.index - other.index

/** Returns the difference of two times. Returns 0 for two infinite ones, since Infinity - Infinity is not a number. */
const difference = (one: number, other: number): number => (one === other ? 0 : one - other)

/** Returns the sort key of a cell: access by its date, then owners, unknown cells, and no access. */
const rank = ({ kind, since }: Cell): number =>
  kind === "access" ? since : { owner: 4e13, unknown: 5e13, none: 6e13 }[kind]

const compareRows = (
  { column: id, ...state }: State,
  columns: ReadonlyArray<Item>
): ((one: Item, other: Item) => number) => {
  const column = columns.find((item) => item.id === id)
  const sign = isDescending(state) ? -1 : 1
  const key = {
    name: undefined,
    count: ({ count }: Item) => count,
    oldest: ({ oldest }: Item) => oldest,
    newest: ({ newest }: Item) => newest,
    read: ({ readAt }: Item) => readAt,
    column: (row: Item) => (column === undefined ? 0 : rank(cellOf(row, column)))
  }[state.sort]
  return (one, other) =>
    sign * (key === undefined ? byName(one, other) : difference(key(one), key(other))) || byName(one, other)
}

export const select = (audit: Audit, state: State): Selection => {
  const { show } = state
  const all = {
    checkpoints: audit.checkpoints.filter(matcher(state.checkpoints)),
    projects: audit.projects.filter(matcher(state.projects))
  }
  // An unknown checkpoint stays, even if no project is left whose cell could show that.
  const stays = ({ error }: Item): boolean =>
    show !== "several" && error !== undefined && all.projects.length === audit.projects.length
  const shown = (items: ReadonlyArray<Item>, others: ReadonlyArray<Item>): Array<Item> =>
    items.filter((item) => show === "all" || stays(item) || others.some((other) => filters[show](cellOf(item, other))))
  const checkpoints = shown(all.checkpoints, all.projects)
  const projects = shown(all.projects, all.checkpoints)
  const [rows, columns] = state.rows === "checkpoints" ? [checkpoints, projects] : [projects, checkpoints]
  columns.sort(byName)
  return { rows: rows.sort(compareRows(state, columns)), columns }
}

/** Counts the cells of each kind, and the permissions of projects with an older one for the same checkpoint. */
export const tally = ({ columns, rows }: Selection): Readonly<Record<Kind | "duplicates", number>> => {
  const count = { access: 0, owner: 0, none: 0, unknown: 0, duplicates: 0 }
  for (const row of rows) {
    for (const column of columns) {
      const { ids, kind } = cellOf(row, column)
      count[kind] += 1
      count.duplicates += Math.max(0, ids.length - 1)
    }
  }
  return count
}
