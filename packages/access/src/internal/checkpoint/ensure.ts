import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import { limits } from "@checkpoint-permissions/protocol/settling"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { Found } from "../plan/model.ts"
import { type Created, create } from "./create.ts"
import { settleDoubles } from "./doubles.ts"
import { type Reading, read } from "./read.ts"
import type { Writes } from "./writes.ts"

/** What became of projects that were to be granted, and the reading that says so. */
export interface Ensured extends Created {
  /** The last reading; none if nothing can have been created. */
  readonly reading: Reading | undefined
  /** Projects that somebody else revoked in each round. */
  readonly revoked: ReadonlyArray<ProjectId>
  /** Projects that have several permissions, which may not be deleted. */
  readonly several: ReadonlyArray<ProjectId>
  /** Named by a reply, and in no listing since. */
  readonly unlisted: ReadonlyArray<Found>
}

/** A listing does not show what a create was answered with. */
class NotListed extends Data.TaggedError("NotListed")<{ readonly reading: Reading }> {}

/** When to read again: a listing may lag behind the writes. */
const lagSchedule = Schedule.fromDelays(...limits.lagDelays)

/**
 * Creates a permission for each project, reads back, and leaves one permission
 * of each. `scope` is what is read back: some projects, or the whole checkpoint.
 * A project of the scope that is left without any, since somebody else deleted
 * the permission that was to stay, is granted again.
 */
export const ensure = Effect.fnUntraced(function* <E>(
  service: Service,
  checkpoint: CheckpointId,
  projects: ReadonlyArray<ProjectId>,
  scope: ReadonlyArray<ProjectId> | undefined,
  writes: Writes<E>,
  mayDelete?: (permission: Found) => boolean
): Effect.fn.Return<Ensured, PermissionsError | E> {
  const granted = new Map<string, Found>()
  const answered = new Set<string>()
  const owning = new Set<ProjectId>()
  const refused = new Map<ProjectId, PermissionsError>()
  let unlisted: ReadonlyArray<Found> = []
  let several: ReadonlyArray<ProjectId> = []
  let reading: Reading | undefined
  let missing = projects

  for (let round = 0; round < limits.rounds && missing.length > 0; round++) {
    const created: Created = yield* create(service, checkpoint, missing, writes)
    for (const [project, permission] of created.granted) granted.set(project, permission)
    for (const project of created.answered) answered.add(project)
    for (const project of created.owning) owning.add(project)
    for (const [project, error] of created.refused) refused.set(project, error)
    if (created.granted.size === 0) break
    const isListed = ({ pages }: Reading) =>
      missing.every((project) => !answered.has(project) || pages.projects.has(project))
    const latest: Reading = yield* read(service, checkpoint, scope).pipe(
      Effect.filterOrFail(isListed, (unsettled) => new NotListed({ reading: unsettled })),
      Effect.retry({ schedule: lagSchedule, while: (error) => error._tag === "NotListed" }),
      Effect.catchTag("NotListed", ({ reading: last }) => Effect.succeed(last))
    )
    reading = latest
    const doubles = yield* settleDoubles(service, checkpoint, latest, writes, mayDelete)
    several = doubles.several
    unlisted = [...granted.values()].filter(
      ({ project_id }) => answered.has(project_id) && !latest.pages.projects.has(project_id)
    )
    const isDone = (project: ProjectId): boolean =>
      latest.pages.projects.has(project) || answered.has(project) || owning.has(project) || refused.has(project)
    missing = [...new Set([...doubles.none, ...projects.filter((project) => !isDone(project))])]
  }
  return {
    granted,
    answered,
    owning,
    refused,
    reading,
    revoked: reading === undefined ? [] : missing,
    several,
    unlisted
  }
})
