import { CheckpointPermissions } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { checked } from "../checkpoint/input.ts"
import type { AccessPolicy } from "../policy/model.ts"
import type { AccessPlan } from "./model.ts"
import type { PlanOptions } from "./options.ts"
import { fromRows, readRows, remember } from "./plan.ts"

/** Asks nothing of a checkpoint. */
const anything = { mode: "at-least", projects: [] } as const

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
  const policy: AccessPolicy = {
    version: 1,
    checkpoints: Object.fromEntries(checkpoints.map((checkpoint) => [checkpoint, anything]))
  }
  return remember(yield* fromRows(service, policy, createdAt, read.rows, [...new Set(projects)]), service, read)
})
