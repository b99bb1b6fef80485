/** Names that many cases use. */

export const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"

/** `proj_001`, `proj_002`, … */
export const projects = (count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => `proj_${String(index + 1).padStart(3, "0")}`)

/** The first `count` of so many projects that a listing shows: the newest. */
export const newest = (total: number, count: number): ReadonlyArray<string> =>
  [...projects(total)].reverse().slice(0, count)

/** The line of a create for some of them. */
export const creates = (from: number, to: number): string =>
  `POST create ${JSON.stringify({ project_ids: projects(to).slice(from) })} 200`

export const times = <A>(count: number, value: A): ReadonlyArray<A> => Array.from({ length: count }, () => value)
