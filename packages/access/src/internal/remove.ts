import { finishInFlight, type Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import type { Permission } from "@checkpoint-permissions/core/Permission"
import type { NotFound, PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Found } from "../AccessPlan.ts"

/** Deletes go out together, as far as the pace lets them. */
export const together = { concurrency: 8, discard: true } as const

/**
 * A 404 to a delete: gone already, whoever deleted it, is what was wanted. That
 * it is gone is looked up, for something between may have answered in the
 * server's place.
 */
export const confirmGone = (
  permissions: Service,
  checkpoint: CheckpointId,
  { id, project_id }: Found,
  error: NotFound
): Effect.Effect<void, PermissionsError> =>
  permissions
    .stream(checkpoint, { project_id })
    .pipe(Stream.runForEach((permission) => (permission.id === id ? Effect.fail(error) : Effect.void)))

/** Deletes a permission. That it is gone already is what was wanted. */
export const remove = (
  permissions: Service,
  checkpoint: CheckpointId,
  permission: Permission
): Effect.Effect<void, PermissionsError> =>
  finishInFlight(permissions.delete(checkpoint, permission.id)).pipe(
    Effect.catchTag("NotFound", (error) => confirmGone(permissions, checkpoint, permission, error)),
    Effect.asVoid
  )

/** Deletes all permissions given. */
export const removeAll = (
  permissions: Service,
  checkpoint: CheckpointId,
  doomed: ReadonlyArray<Permission>
): Effect.Effect<void, PermissionsError> =>
  Effect.forEach(doomed, (permission) => remove(permissions, checkpoint, permission), together)
