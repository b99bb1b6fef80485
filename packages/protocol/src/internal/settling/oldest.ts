/** What settling needs to know of a permission. */
export interface Granted {
  readonly id: string
  /** Unix seconds. */
  readonly created_at: number
  readonly project_id: string
}

const compare = <A extends number | string>(one: A, other: A): -1 | 0 | 1 => (one < other ? -1 : one > other ? 1 : 0)

/**
 * Oldest first: by `created_at`, then by `id`, so that everyone who looks chooses the same permission of a project to
 * stay.
 */
export const oldestFirst = (one: Omit<Granted, "project_id">, other: Omit<Granted, "project_id">): -1 | 0 | 1 =>
  compare(one.created_at, other.created_at) || compare(one.id, other.id)

/** The permissions of each project, the one that stays first. A permission that is listed twice is still one. */
export const byProject = <P extends Granted>(permissions: Iterable<P>): Map<string, [P, ...Array<P>]> => {
  const projects = new Map<string, [P, ...Array<P>]>()
  for (const permission of permissions) {
    const same = projects.get(permission.project_id)
    if (same === undefined) projects.set(permission.project_id, [permission])
    else if (same.every(({ id }) => id !== permission.id)) same.push(permission)
  }
  for (const same of projects.values()) same.sort(oldestFirst)
  return projects
}
