import { incompleteListing } from "../failure/failures.ts"
import type { Program } from "../program.ts"
import type { Calls } from "./calls.ts"
import type { CreateFailure } from "./create.ts"
import { duplicates, type Reading } from "./duplicates.ts"
import { limits } from "./limits.ts"
import type { Granted } from "./oldest.ts"

/** Projects that do not have one permission each. */
export interface Doubles<Project extends string> {
  /** They have none left, since somebody else deleted the one that was to stay. */
  readonly none: ReadonlyArray<Project>
  /** They have several, which may not be deleted. */
  readonly several: ReadonlyArray<Project>
}

type Left = "none" | "one" | "several"

interface Doubled<P extends Granted> extends Pick<Calls<never, P>, "deleted" | "mayDelete"> {
  readonly project: P["project_id"]
  readonly reading: Reading<P>
  /** The reading before it, if the project was read again. */
  readonly before: Reading<P> | undefined
  /** How old the reading is, in milliseconds. */
  readonly age: number
  /** Whether the project was read since the last delete. */
  readonly isReadSinceDelete: boolean
}

/**
 * What to do next about a project with several permissions: delete one of them, read the project again, or nothing
 * more, with what it has left. A younger permission is deleted only right after a reading that shows the older one
 * beside it, and the project is read once more after that.
 */
const nextOfDoubled = <P extends Granted>(doubled: Doubled<P>): { readonly delete: P } | "read" | Left => {
  const { age, before, deleted, isReadSinceDelete, mayDelete, project, reading } = doubled
  const left = (reading.projects.get(project) ?? []).filter(({ id }) => !deleted.has(id))
  if (left.length < 2) return !isReadSinceDelete ? "read" : left.length === 1 ? "one" : "none"
  if (isReadSinceDelete && !left.some(mayDelete)) return "several"
  const { toDelete, toRead } = duplicates(reading, before)
  if (age >= limits.doubleMaxAge || toRead.includes(project)) return "read"
  const younger = toDelete.find((one) => one.project_id === project && !deleted.has(one.id) && mayDelete(one))
  if (younger !== undefined) return { delete: younger }
  return isReadSinceDelete ? "several" : "read"
}

/**
 * Leaves one permission of a project, the oldest. A delete that does not get its turn while the reading is young enough
 * is withdrawn: once the pace lets a request through, the project is read again, and the delete is sent at once.
 */
function* settleProject<Y, P extends Granted, F extends CreateFailure>(
  calls: Calls<Y, P, F>,
  project: P["project_id"],
  first: Reading<P>
): Program<Y, Left> {
  const { checkpoint, deleted, mayDelete } = calls
  let before: Reading<P> | undefined
  let reading = first
  let readings = 0
  let isReadSinceDelete = true
  let isLate = false
  for (;;) {
    const age = (yield* calls.now) - reading.readAt
    const next = nextOfDoubled({ project, reading, before, age, deleted, isReadSinceDelete, mayDelete })
    if (typeof next === "object") {
      yield* calls.delete(next.delete, { within: limits.doubleMaxAge - age, atOnce: isLate })
      isLate = !deleted.has(next.delete.id)
      isReadSinceDelete = false
    } else if (next !== "read") {
      return next
    } else if (readings < limits.doubleReadings) {
      if (isLate) yield* calls.turn
      before = reading
      reading = yield* calls.read([project])
      readings += 1
      isReadSinceDelete = true
    } else {
      const reason = isLate
        ? `the duplicate of ${project} was not deleted within a minute of any reading`
        : `the permissions of ${project} change with every reading`
      const received = reading.permissions.length
      return yield* calls.fail(incompleteListing({ operation: "list", checkpoint, reason, received }))
    }
  }
}

/** Leaves one permission of each project that a reading shows with several. */
export function* settleDoubles<Y, P extends Granted, F extends CreateFailure>(
  calls: Calls<Y, P, F>,
  reading: Reading<P>
): Program<Y, Doubles<P["project_id"]>> {
  const doubled = [...reading.projects.values()].flatMap(([{ project_id }, ...younger]) =>
    younger.length === 0 ? [] : [project_id]
  )
  const left = yield* calls.each(doubled.map((project) => () => settleProject(calls, project, reading)))
  const withLeft = (count: Left) => doubled.filter((_, index) => left[index] === count)
  return { none: withLeft("none"), several: withLeft("several") }
}
