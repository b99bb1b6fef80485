import { CheckpointPermissions } from "@checkpoint-permissions/client/CheckpointPermissions"
import { type ListingError, Organization } from "@checkpoint-permissions/client/Organization"
import { CheckpointId, PermissionId, type ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { InvalidInputError, PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import { created, deleted, join, live } from "@checkpoint-permissions/protocol/events"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { checked } from "../checkpoint/input.ts"
import type { AccessPolicy } from "../policy/model.ts"
import type { AccessPlan, Found } from "./model.ts"
import { fromRows, type PlanOptions, readRows, remember } from "./plan.ts"

/** Asks nothing of checkpoints. */
const anythingAt = (checkpoints: ReadonlyArray<CheckpointId>): AccessPolicy => ({
  version: 1,
  checkpoints: Object.fromEntries(checkpoints.map((one) => [one, { mode: "at-least", projects: [] }]))
})

/**
 * Plans to take access to checkpoints away from projects: reads each checkpoint, and changes nothing. The plan is about
 * these projects only: what others have, duplicates too, is left as it is.
 *
 * An admin key cannot list checkpoints: the plan is about the named ones only. Fails as {@link plan} does.
 *
 * @category operations
 */
export const planRevoke: (
  checkpoints: ReadonlyArray<CheckpointId>,
  projects: ReadonlyArray<ProjectId>,
  options?: PlanOptions
) => Effect.Effect<AccessPlan, PermissionsError, CheckpointPermissions> = Effect.fn("Access.planRevoke")(function* (
  checkpoints,
  projects,
  options = {}
) {
  const service = yield* CheckpointPermissions
  for (const checkpoint of checkpoints) yield* checked("delete", checkpoint, projects)
  const createdAt = yield* DateTime.now
  const read = yield* readRows(service, [...new Set(checkpoints)], options)
  const planned = yield* fromRows(service, anythingAt(checkpoints), createdAt, read.rows, [...new Set(projects)])
  return remember(planned, service, read)
})

/**
 * A permission that is known from a document that can be trusted, or from the audit log.
 *
 * @category models
 */
export interface KnownPermission extends Found {
  readonly checkpoint: CheckpointId
}

/**
 * Plans to take access away from projects without a request: what is known of them is to be deleted before anything is
 * read. It is for {@link revokeEverywhere}, and says nothing of what the checkpoints hold. Permissions of other
 * projects are passed over. Fails with `InvalidInputError`.
 *
 * @category operations
 */
export const planKnown: (
  checkpoints: ReadonlyArray<CheckpointId>,
  projects: ReadonlyArray<ProjectId>,
  known: ReadonlyArray<KnownPermission>
) => Effect.Effect<AccessPlan, InvalidInputError, CheckpointPermissions> = Effect.fn("Access.planKnown")(
  function* (checkpoints, projects, known) {
    const service = yield* CheckpointPermissions
    const unwanted = new Set(projects)
    const found = new Map(checkpoints.map((checkpoint): [CheckpointId, Array<Found>] => [checkpoint, []]))
    for (const { checkpoint, ...permission } of known) {
      const others = found.get(checkpoint) ?? []
      found.set(checkpoint, others)
      if (unwanted.has(permission.project_id)) others.push(permission)
    }
    const all = [...found.keys()]
    for (const checkpoint of all) yield* checked("delete", checkpoint, projects)
    const readAt = yield* DateTime.now
    const rows = Array.from(found, ([checkpoint, permissions]) => {
      return [checkpoint, { checkpoint, readAt, complete: true as const, permissions }] as const
    })
    return yield* fromRows(service, anythingAt(all), readAt, new Map(rows), [...unwanted])
  }
)

const isCheckpoint = Schema.is(CheckpointId)
const isPermission = Schema.is(PermissionId)

/** So many events are ten pages: what ten calls a minute give at once. Readings find what is older. */
const newestEvents = 1000

/**
 * Permissions of projects that the newest thousand changes in the audit log made and did not delete. The log may lack
 * some, and may name some that are gone.
 *
 * @category operations
 */
export const knownInLog = (
  projects: ReadonlyArray<ProjectId>
): Effect.Effect<ReadonlyArray<KnownPermission>, ListingError, Organization> =>
  Effect.flatMap(Organization, ({ events }) =>
    events({ types: [created, deleted] }).pipe(
      Stream.take(newestEvents),
      Stream.runCollect,
      Effect.map((some) =>
        live(join(some)).flatMap(({ at, checkpoint, permission, project }) => {
          const project_id = projects.find((one) => one === project)
          return project_id !== undefined && isCheckpoint(checkpoint) && isPermission(permission)
            ? [{ checkpoint, id: permission, project_id, created_at: at }]
            : []
        })
      )
    )
  )
