import { incompleteListing } from "../failure/failures.ts"
import type { Program } from "../program.ts"
import { type Calls, type CreateFailure, limits } from "./calls.ts"
import type { CheckpointSnapshot, PermissionFields } from "./snapshot.ts"

/**
 * Returns the duplicates of a snapshot that may be deleted, and the projects to read again first. The oldest permission
 * of a project stays.
 *
 * A younger one may be deleted only if both are known to have existed at the same time. One of these proves it:
 *
 * - The oldest is on the same page as the younger one, or on a later page.
 * - A permission of a later second than the younger one is on the page of the oldest, or before it.
 * - The oldest was also the oldest in the snapshot `before`, and is still listed.
 *
 * Otherwise another client may have deleted the oldest before the younger one was created. If the newest are listed
 * first, this is possible only within the newest second of all, where the order of the server is unknown.
 */
export const duplicates = <P extends PermissionFields>(
  snapshot: CheckpointSnapshot<P>,
  before?: CheckpointSnapshot<P>
) => {
  const toDelete: Array<P> = []
  const toRead: Array<P["project_id"]> = []
  const pageOf = ({ id }: P): number => snapshot.pages.get(id) ?? 0
  const coexisted = (oldest: P, younger: P): boolean =>
    pageOf(younger) <= pageOf(oldest) ||
    snapshot.permissions.some((one) => pageOf(one) <= pageOf(oldest) && one.created_at > younger.created_at)
  for (const [project, now] of snapshot.projects) {
    const earlier = before?.projects.get(project)
    const isConfirmed = earlier !== undefined && now.some(({ id }) => id === earlier[0].id)
    const [oldest, ...younger] = isConfirmed ? earlier : now
    if (isConfirmed || younger.every((one) => coexisted(oldest, one))) toDelete.push(...younger)
    else toRead.push(oldest.project_id)
  }
  return { toDelete, toRead }
}

interface DuplicatedProject<P extends PermissionFields> extends Pick<Calls<never, P>, "deleted" | "mayDelete"> {
  readonly project: P["project_id"]
  readonly snapshot: CheckpointSnapshot<P>
  /** The snapshot before it, if the project was read again. */
  readonly before: CheckpointSnapshot<P> | undefined
  /** The age of the snapshot, in milliseconds. */
  readonly age: number
  /** True if the project was read after the last delete. */
  readonly isReadSinceDelete: boolean
}

/**
 * Returns the next action for a project with several permissions: delete one, read the project again, or stop. The
 * project is then `present`, perhaps with permissions that may not be deleted, or `absent`. A younger permission is
 * deleted only directly after a read that shows both it and the older one. After the last delete the project is read
 * once more.
 */
const nextAction = <P extends PermissionFields>(
  duplicated: DuplicatedProject<P>
): { readonly delete: P } | "read" | "present" | "absent" => {
  const { age, before, deleted, isReadSinceDelete, mayDelete, project, snapshot } = duplicated
  const left = (snapshot.projects.get(project) ?? []).filter(({ id }) => !deleted.has(id))
  if (left.length < 2 && !isReadSinceDelete) return "read"
  if (left.length === 0) return "absent"
  if (isReadSinceDelete && !left.slice(1).some(mayDelete)) return "present"
  const { toDelete, toRead } = duplicates(snapshot, before)
  if (age >= limits.duplicateMaxAge || toRead.includes(project)) return "read"
  const younger = toDelete.find((one) => one.project_id === project && !deleted.has(one.id) && mayDelete(one))
  if (younger !== undefined) return { delete: younger }
  return isReadSinceDelete ? "present" : "read"
}

/**
 * Deletes the duplicates of one project. A delete is withdrawn if it gets no permit of the rate limiter before the
 * snapshot is too old. The program then waits for the rate limiter, reads the project again, and sends the delete
 * immediately.
 *
 * `isReadSinceDelete` is true if `snapshot` was read after the last delete: only such a snapshot ends the program.
 * `isLate` is true if the last delete was withdrawn. `reads` counts reads after `first`, at most
 * `limits.maxDuplicateReads`.
 */
function* resolveProject<Y, P extends PermissionFields, F extends CreateFailure>(
  calls: Calls<Y, P, F>,
  project: P["project_id"],
  first: CheckpointSnapshot<P>
): Program<Y, "present" | "absent"> {
  const { checkpoint, deleted, mayDelete } = calls
  let before: CheckpointSnapshot<P> | undefined
  let snapshot = first
  let reads = 0
  let isReadSinceDelete = true
  let isLate = false
  for (;;) {
    const age = (yield* calls.now) - snapshot.readAt
    const next = nextAction({ project, snapshot, before, age, deleted, isReadSinceDelete, mayDelete })
    if (typeof next === "object") {
      const options = { withdrawAfter: limits.duplicateMaxAge - age, urgent: isLate }
      const failure = yield* calls.delete(next.delete, options)
      if (failure !== undefined) return yield* calls.fail(failure)
      isLate = !deleted.has(next.delete.id)
      isReadSinceDelete = false
    } else if (next !== "read") {
      return next
    } else if (reads < limits.maxDuplicateReads) {
      if (isLate) yield* calls.waitForRateLimit
      before = snapshot
      snapshot = yield* calls.read([project])
      reads += 1
      isReadSinceDelete = true
    } else {
      const reason = isLate
        ? `the duplicate of ${project} was not deleted within a minute of a read`
        : `the permissions of ${project} change with every read`
      const received = snapshot.permissions.length
      return yield* calls.fail(incompleteListing({ operation: "list", checkpoint, reason, received }))
    }
  }
}

/**
 * Deletes the duplicates in a snapshot that may be deleted. The oldest permission of each project stays. Returns the
 * projects without any permission: another client deleted the permission that was to stay.
 */
export function* resolveDuplicates<Y, P extends PermissionFields, F extends CreateFailure>(
  calls: Calls<Y, P, F>,
  snapshot: CheckpointSnapshot<P>
): Program<Y, ReadonlyArray<P["project_id"]>> {
  const duplicated = [...snapshot.projects.values()].flatMap(([{ project_id }, ...younger]) =>
    younger.length === 0 ? [] : [project_id]
  )
  const left = yield* calls.each(duplicated.map((project) => () => resolveProject(calls, project, snapshot)))
  return duplicated.filter((_, index) => left[index] === "absent")
}
