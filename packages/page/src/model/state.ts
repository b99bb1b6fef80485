/**
 * What a reader has chosen: filters, orientation, view and order. It stands in the URL's fragment, of which every part
 * is optional and unknown ones are ignored.
 */
import type { Axis } from "./audit.ts"

export const shows = ["all", "some", "unknown", "several"] as const
export const views = ["matrix", "list"] as const
export const axes = ["checkpoints", "projects"] as const
export const sorts = ["name", "count", "oldest", "newest", "read", "column"] as const

/** Which rows and columns: all, those with access or doubt, those with something unknown, with several permissions. */
export type Show = (typeof shows)[number]
export type View = (typeof views)[number]
export type Sort = (typeof sorts)[number]

export interface State {
  /** Words that the id of a checkpoint has to hold. */
  readonly checkpoints: string
  /** Words that the id or the name of a project has to hold. */
  readonly projects: string
  readonly show: Show
  /** What the rows of the matrix and the groups of the list are. */
  readonly rows: Axis
  /** Absent: what suits the width of the window. */
  readonly view: View | undefined
  readonly sort: Sort
  /** Of `sort` by `column`: the id of that column. */
  readonly column: string
  /** Against the direction that the sort has by itself. */
  readonly reverse: boolean
  /** Whether the matrix shows dates. Absent: if there are few columns. */
  readonly dates: boolean | undefined
}

export const initial: State = {
  checkpoints: "",
  projects: "",
  show: "all",
  rows: "checkpoints",
  view: undefined,
  sort: "name",
  column: "",
  reverse: false,
  dates: undefined
}

export const oneOf = <A extends string>(allowed: ReadonlyArray<A>, text: string | null | undefined): A | undefined =>
  allowed.find((value) => value === text)

/** Reads a fragment, with or without its `#`. */
export const parse = (fragment: string): State => {
  const given = new URLSearchParams(fragment.replace(/^#/, ""))
  const dates = given.get("dates")
  const sort = oneOf(sorts, given.get("sort")) ?? initial.sort
  return {
    checkpoints: given.get("checkpoints") ?? "",
    projects: given.get("projects") ?? "",
    show: oneOf(shows, given.get("show")) ?? initial.show,
    rows: oneOf(axes, given.get("rows")) ?? initial.rows,
    view: oneOf(views, given.get("view")),
    sort,
    column: sort === "column" ? (given.get("column") ?? "") : "",
    reverse: given.get("reverse") === "1",
    dates: dates === "1" ? true : dates === "0" ? false : undefined
  }
}

/** The fragment without its `#`: empty for the initial state. */
export const format = (state: State): string => {
  const parts = new URLSearchParams()
  for (const key of ["checkpoints", "projects", "show", "rows", "view", "sort", "column"] as const) {
    const value = state[key]
    if (value !== undefined && value !== initial[key]) parts.set(key, value)
  }
  if (state.reverse) parts.set("reverse", "1")
  if (state.dates !== undefined) parts.set("dates", state.dates ? "1" : "0")
  return parts.toString()
}

/** Whether the sort by itself goes from the top: counts and the newest dates do. */
const downByItself = (sort: Sort): boolean => sort === "count" || sort === "newest"

export const isDescending = ({ reverse, sort }: State): boolean => downByItself(sort) !== reverse

/** Sorts by that, or the other way round if it is sorted so already. */
export const sortBy = (state: State, sort: Sort, column = ""): State => ({
  ...state,
  sort,
  column,
  reverse: state.sort === sort && state.column === column && !state.reverse
})

/** What a control of the form makes of a state. An order begins anew; a sort by a column ends when there are others. */
export const choose = (state: State, name: string, value: string): State => {
  const parts = new URLSearchParams(format(name === "rows" && state.sort === "column" ? sortBy(state, "name") : state))
  if (name === "sort") parts.delete("reverse")
  parts.set(name, value)
  return parse(parts.toString())
}
