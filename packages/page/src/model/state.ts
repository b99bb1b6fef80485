/**
 * The choices of a user: filters, orientation, view and order. They are in the URL's fragment. Each part of it is
 * optional, and unknown parts are ignored.
 */
import type { Axis } from "./audit.ts"

export const shows = ["all", "some", "unknown", "several"] as const
export const views = ["matrix", "list"] as const
export const axes = ["checkpoints", "projects"] as const
export const sorts = ["name", "count", "oldest", "newest", "read", "column"] as const

/**
 * The filter of rows and columns: all, those with access or unknown cells, those with unknown cells, or those with
 * several permissions.
 */
export type Show = (typeof shows)[number]
export type View = (typeof views)[number]
export type Sort = (typeof sorts)[number]

export interface State {
  /** Words that the id of a checkpoint must contain. */
  readonly checkpoints: string
  /** Words that the id or the name of a project must contain. */
  readonly projects: string
  readonly show: Show
  readonly rows: Axis
  /** Missing if the width of the window determines it. */
  readonly view: View | undefined
  readonly sort: Sort
  /** The id of the column to sort by, if `sort` is `column`. */
  readonly column: string
  /** True to reverse the default direction of the sort. */
  readonly reverse: boolean
}

export const initial: State = {
  checkpoints: "",
  projects: "",
  show: "all",
  rows: "checkpoints",
  view: undefined,
  sort: "name",
  column: "",
  reverse: false
}

export const oneOf = <A extends string>(allowed: ReadonlyArray<A>, text: string | null | undefined): A | undefined =>
  allowed.find((value) => value === text)

/** Reads a fragment, with or without its `#`. */
export const parse = (fragment: string): State => {
  const given = new URLSearchParams(fragment.replace(/^#/, ""))
  const sort = oneOf(sorts, given.get("sort")) ?? initial.sort
  return {
    checkpoints: given.get("checkpoints") ?? "",
    projects: given.get("projects") ?? "",
    show: oneOf(shows, given.get("show")) ?? initial.show,
    rows: oneOf(axes, given.get("rows")) ?? initial.rows,
    view: oneOf(views, given.get("view")),
    sort,
    column: sort === "column" ? (given.get("column") ?? "") : "",
    reverse: given.get("reverse") === "true"
  }
}

const defaults: Readonly<Record<string, unknown>> = { ...initial }

/** Returns the fragment without its `#`. Empty for the initial state. */
export const format = (state: State): string => {
  const changed = Object.entries(state).filter(([name, value]) => value !== undefined && value !== defaults[name])
  return new URLSearchParams(changed.map(([name, value]): [string, string] => [name, String(value)])).toString()
}

/** Returns true if the order is descending. By default, counts and the newest dates are descending. */
export const isDescending = ({ reverse, sort }: Pick<State, "reverse" | "sort">): boolean =>
  (sort === "count" || sort === "newest") !== reverse

/** Sorts by a key. If the state is already sorted by that key, reverses the order. */
export const sortBy = (state: State, sort: Sort, column: string): State => ({
  ...state,
  sort,
  column,
  reverse: state.sort === sort && state.column === column && !state.reverse
})

/** Returns the state after a change of a control. A new order is not reversed. */
export const choose = (state: State, name: string, value: string): State => {
  const parts = new URLSearchParams(format(state))
  if (name === "sort") parts.delete("reverse")
  parts.set(name, value)
  return parse(parts.toString())
}
