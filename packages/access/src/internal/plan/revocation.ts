import { type ListingError, Organization } from "@checkpoint-permissions/client/Organization"
import {
  type CheckpointId,
  isCheckpointId,
  isPermissionId,
  isProjectId
} from "@checkpoint-permissions/core/Identifiers"
import { InvalidInputError } from "@checkpoint-permissions/core/PermissionsError"
import { created, deleted, join, live } from "@checkpoint-permissions/protocol/events"
import { refusePermission } from "@checkpoint-permissions/protocol/identifiers"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Row } from "../audit/matrix.ts"
import { checked } from "../checkpoint/calls.ts"
import type { State } from "../checkpoint/state.ts"
import type { AccessPolicy } from "../policy/model.ts"
import type { Found } from "./model.ts"
import { fromRows, type PlanOptions, planned } from "./plan.ts"

/** Asks nothing of checkpoints. */
const anythingAt = (checkpoints: ReadonlyArray<CheckpointId>): AccessPolicy => ({
  version: 1,
  checkpoints: Object.fromEntries(checkpoints.map((one) => [one, { mode: "at-least", projects: [] }]))
})

const checkedAll = Effect.fnUntraced(function* (checkpoints: ReadonlyArray<string>, projects: ReadonlyArray<string>) {
  for (const checkpoint of checkpoints) yield* checked("delete", checkpoint, projects)
  return [...new Set(projects)].filter(isProjectId)
})

/** Lists checkpoints and plans to revoke projects there. The plan concerns these projects only. */
export const planRevoke = Effect.fnUntraced(function* (
  state: State,
  checkpoints: ReadonlyArray<string>,
  projects: ReadonlyArray<string>,
  options: PlanOptions = {}
) {
  const unwanted = yield* checkedAll(checkpoints, projects)
  const all = [...new Set(checkpoints)].filter(isCheckpointId)
  return yield* planned(state, anythingAt(all), all, options, unwanted)
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
 * A permission as a program passes it.
 *
 * @category models
 */
export interface KnownPermissionInput {
  readonly checkpoint: string
  readonly id: string
  readonly project_id: string
  /** Unix seconds. */
  readonly created_at: number
}

/** Plans to revoke known permissions of projects, without a request. */
export const planKnown = Effect.fnUntraced(function* (
  state: State,
  checkpoints: ReadonlyArray<string>,
  projects: ReadonlyArray<string>,
  known: ReadonlyArray<KnownPermissionInput>
) {
  const named = [...new Set([...checkpoints, ...known.map(({ checkpoint }) => checkpoint)])]
  const unwanted = yield* checkedAll(named, projects)
  const all = named.filter(isCheckpointId)
  const found = new Map<string, Array<Found>>(all.map((checkpoint) => [checkpoint, []]))
  for (const [index, { checkpoint, created_at, id, project_id }] of known.entries()) {
    const project = unwanted.find((one) => one === project_id)
    if (project === undefined) continue
    if (!isPermissionId(id)) {
      const reason = refusePermission(id) ?? "not an id"
      return yield* new InvalidInputError({ operation: "delete", field: `known[${index}].id`, reason })
    }
    found.get(checkpoint)?.push({ id, project_id: project, created_at })
  }
  const readAt = yield* DateTime.now
  const rows = all.map((checkpoint): readonly [CheckpointId, Row] => {
    return [checkpoint, { checkpoint, readAt, complete: true, permissions: found.get(checkpoint) ?? [] }]
  })
  const { owners, permissions } = state
  return yield* fromRows(permissions, anythingAt(all), readAt, new Map(rows), { owners, unwanted })
})

/** So many events are ten pages: what ten calls a minute give at once. Readings find what is older. */
const newestEvents = 1000

/**
 * Permissions of projects that the newest thousand changes in the audit log made and did not delete. The log may lack
 * some, and may name some that are gone.
 *
 * @category operations
 */
export const knownInLog = (
  projects: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<KnownPermission>, ListingError, Organization> =>
  Effect.flatMap(Organization, ({ events }) =>
    events({ types: [created, deleted] }).pipe(
      Stream.take(newestEvents),
      Stream.runCollect,
      Effect.map((some) =>
        live(join(some)).flatMap(({ at, checkpoint, permission, project }) => {
          if (project === undefined || checkpoint === undefined || permission === undefined) return []
          return projects.includes(project) &&
            isProjectId(project) &&
            isCheckpointId(checkpoint) &&
            isPermissionId(permission)
            ? [{ checkpoint, id: permission, project_id: project, created_at: at }]
            : []
        })
      )
    )
  )
