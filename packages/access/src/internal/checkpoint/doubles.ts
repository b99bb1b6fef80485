import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import * as Pacing from "@checkpoint-permissions/client/Pacing"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { IncompleteListing, type PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import { limits, nextOfDoubled } from "@checkpoint-permissions/protocol/settling"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Found } from "../plan/model.ts"
import { until } from "../run/until.ts"
import { type Reading, read } from "./read.ts"
import type { Writes } from "./writes.ts"

/**
 * Leaves one permission of a project, the oldest. A younger one is deleted only
 * right after a reading that shows the older one beside it, and the project is
 * read once more after that. A delete that does not get its turn while the
 * reading is young enough is withdrawn: once the pace lets a request through,
 * the project is read again, and the delete is sent at once. Returns how many
 * permissions the project has left.
 */
const settleProject = Effect.fnUntraced(function* <E>(
  service: Service,
  checkpoint: CheckpointId,
  project: ProjectId,
  first: Reading,
  writes: Writes<E>,
  mayDelete: (permission: Found) => boolean
): Effect.fn.Return<"none" | "one" | "several", PermissionsError | E> {
  let before: Reading["pages"] | undefined
  let reading = first
  let isReadSinceDelete = true
  let isLate = false
  let readings = 0
  while (readings < limits.doubleReadings) {
    const age = Duration.toMillis(DateTime.distanceDuration(reading.readAt, yield* DateTime.now))
    const { deleted } = writes
    const next = nextOfDoubled({ project, reading: reading.pages, before, age, deleted, isReadSinceDelete, mayDelete })
    if (typeof next === "object") {
      const remove = writes.delete(next.delete)
      const rest = Duration.millis(limits.doubleMaxAge - age)
      yield* until(Effect.sleep(rest), isLate ? Pacing.withoutWaiting(remove) : remove)
      isLate = !deleted.has(next.delete.id)
      isReadSinceDelete = false
    } else if (next === "read") {
      if (isLate) yield* Effect.flatMap(service.estimate({ delete: 1 }), Effect.sleep)
      before = reading.pages
      reading = yield* read(service, checkpoint, [project])
      readings += 1
      isReadSinceDelete = true
    } else return next
  }
  const reason = isLate
    ? `a minute after each reading of ${project} its duplicate was not deleted yet`
    : `the permissions of ${project} change at each reading`
  return yield* new IncompleteListing({ operation: "list", checkpoint, reason, received: reading.permissions.length })
})

/** Projects that do not have one permission each. */
export interface Doubles {
  /** They have none left, since somebody else deleted the one that was to stay. */
  readonly none: ReadonlyArray<ProjectId>
  /** They have several, which may not be deleted. */
  readonly several: ReadonlyArray<ProjectId>
}

/** Leaves one permission of each project that a reading shows with several. */
export const settleDoubles = Effect.fnUntraced(function* <E>(
  service: Service,
  checkpoint: CheckpointId,
  reading: Reading,
  writes: Writes<E>,
  mayDelete: (permission: Found) => boolean = () => true
): Effect.fn.Return<Doubles, PermissionsError | E> {
  const all = [...reading.pages.projects.values()].filter(({ length }) => length > 1)
  const [untouched, settled] = Arr.partition(all, (permissions) => permissions.some(mayDelete))
  const doubled = settled.map(([{ project_id }]) => project_id)
  const left = yield* Effect.forEach(
    doubled,
    (project) => settleProject(service, checkpoint, project, reading, writes, mayDelete),
    { concurrency: limits.concurrency }
  )
  return {
    none: doubled.filter((_, index) => left[index] === "none"),
    several: [
      ...untouched.map(([{ project_id }]) => project_id),
      ...doubled.filter((_, index) => left[index] === "several")
    ]
  }
})
