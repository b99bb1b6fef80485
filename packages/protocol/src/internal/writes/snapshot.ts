import type { Failure } from "../../failure.ts"
import type { ListParams } from "../../wire.ts"
import type { Call, Program } from "../program.ts"

/** The fields of a permission that the rules of `writes` use. */
export interface PermissionFields {
  readonly id: string
  /** Unix seconds. */
  readonly created_at: number
  readonly project_id: string
}

const compare = <A extends number | string>(one: A, other: A): -1 | 0 | 1 => (one < other ? -1 : one > other ? 1 : 0)

/**
 * Compares permissions by `created_at`, then by `id`, the oldest first. Every client that uses this order keeps the
 * same permission of a project.
 */
export const oldestFirst = (
  one: Omit<PermissionFields, "project_id">,
  other: Omit<PermissionFields, "project_id">
): -1 | 0 | 1 => compare(one.created_at, other.created_at) || compare(one.id, other.id)

/** Returns the permissions of each project, the oldest first. An id that is listed twice counts once. */
export const byProject = <P extends PermissionFields>(permissions: Iterable<P>): Map<string, [P, ...Array<P>]> => {
  const projects = new Map<string, [P, ...Array<P>]>()
  for (const permission of permissions) {
    const same = projects.get(permission.project_id)
    if (same === undefined) projects.set(permission.project_id, [permission])
    else if (same.every(({ id }) => id !== permission.id)) same.push(permission)
  }
  for (const same of projects.values()) same.sort(oldestFirst)
  return projects
}

/**
 * One read of one checkpoint, page after page. Its pages are from different times. A permission that was deleted
 * between two pages can be in it, and one that was created then can be missing.
 */
export interface CheckpointSnapshot<P extends PermissionFields> {
  /** The oldest first. */
  readonly permissions: ReadonlyArray<P>
  /** The permissions of each project, the oldest first. */
  readonly projects: ReadonlyMap<string, readonly [P, ...ReadonlyArray<P>]>
  /** The number of the last page that shows each id, counted from 0. */
  readonly pages: ReadonlyMap<string, number>
  /** The start of the listing, in milliseconds. Changes after it may be missing. */
  readonly readFrom: number
  /** The time of the last reply, in milliseconds. */
  readonly readAt: number
}

/** Makes a snapshot from the pages of a listing, in the order in which they were read. */
export const snapshotOf = <P extends PermissionFields>(
  pages: Iterable<ReadonlyArray<P>>,
  { readAt, readFrom }: Pick<CheckpointSnapshot<P>, "readAt" | "readFrom">
): CheckpointSnapshot<P> => {
  const all = [...pages]
  return {
    permissions: all.flat().sort(oldestFirst),
    projects: byProject(all.flat()),
    readFrom,
    readAt,
    pages: new Map(all.flatMap((page, number) => page.map(({ id }) => [id, number] as const)))
  }
}

/** The maximum number of restarts of a listing that cannot be trusted. */
const maxRestarts = 3

type ReadFailure = Pick<Failure, "kind" | "endedByDeadline">

/** Returns true if the listing failed for lack of time, and not because of the server or the key. */
const isCut = ({ endedByDeadline, kind }: ReadFailure): boolean => endedByDeadline === true || kind === "RateLimitError"

/** The calls of {@link read}. `F` is the failure of a listing. */
export interface ReadCalls<Y, P extends PermissionFields, F extends ReadFailure = Failure> {
  /** Lists the whole checkpoint. Returns the permissions of each page for whose project `counts` returns true. */
  readonly list: (
    params: ListParams,
    counts: (project: string) => boolean
  ) => Call<Y, { readonly pages: Iterable<ReadonlyArray<P>> } | { readonly failure: F }>
  readonly now: Call<Y, number>
  readonly fail: (failure: F) => Call<Y, never>
}

/**
 * Reads the permissions of some projects, or of all. One project is requested with a filter. Several are selected from
 * the whole listing, which costs one request for each hundred permissions. A listing that cannot be trusted is
 * restarted.
 *
 * The newest are listed first. So the oldest listed permission of a project already existed when the younger ones were
 * listed.
 *
 * With `mayHaveExecuted`, a failure says that an earlier create may have been executed. Returns `last`, if it is given,
 * where a deadline or the rate limit ends the listing.
 */
export function* read<Y, P extends PermissionFields, F extends ReadFailure>(
  calls: ReadCalls<Y, P, F>,
  projects?: ReadonlyArray<string>,
  mayHaveExecuted = false,
  last?: CheckpointSnapshot<P>
): Program<Y, CheckpointSnapshot<P>> {
  const wanted = projects && new Set(projects)
  const filter = projects?.length === 1 ? { project_id: projects[0] } : {}
  for (let restarts = 0; ; restarts++) {
    const readFrom = yield* calls.now
    const listed = yield* calls.list({ order: "descending", ...filter }, (project) => wanted?.has(project) ?? true)
    if ("pages" in listed) return snapshotOf(listed.pages, { readFrom, readAt: yield* calls.now })
    const { failure } = listed
    if (last !== undefined && isCut(failure)) return last
    if (failure.kind !== "IncompleteListingError" || restarts === maxRestarts) {
      return yield* calls.fail(mayHaveExecuted ? { ...failure, mayHaveExecuted } : failure)
    }
  }
}
