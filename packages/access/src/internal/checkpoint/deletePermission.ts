import { finishInFlight, type Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import type { Permission } from "@checkpoint-permissions/core/Permission"
import { type PermissionsError, toFailure } from "@checkpoint-permissions/core/PermissionsError"
import { onDelete } from "@checkpoint-permissions/protocol/settling"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Found } from "../plan/model.ts"

/** Deletes go out together, as far as the pace lets them. */
export const together = { concurrency: 8, discard: true } as const

/** Whether the server says that it knows no such permission. */
export const isAbsent = (error: PermissionsError): boolean => onDelete(toFailure(error), false) === "absent"

/**
 * After a 404 to a delete: already deleted, by whomever, counts as success. The
 * project is read, for something between may have answered in the server's place.
 */
export const confirmGone = (
  permissions: Service,
  checkpoint: CheckpointId,
  { id, project_id }: Found,
  error: PermissionsError
): Effect.Effect<void, PermissionsError> =>
  permissions
    .stream(checkpoint, { project_id })
    .pipe(Stream.runForEach((permission) => (permission.id === id ? Effect.fail(error) : Effect.void)))

/** Deletes a permission. Already deleted counts as success. */
export const remove = (
  permissions: Service,
  checkpoint: CheckpointId,
  permission: Permission
): Effect.Effect<void, PermissionsError> =>
  finishInFlight(permissions.delete(checkpoint, permission.id)).pipe(
    Effect.catchAll((error) =>
      isAbsent(error) ? confirmGone(permissions, checkpoint, permission, error) : Effect.fail(error)
    ),
    Effect.asVoid
  )

/** Deletes all permissions given. */
export const removeAll = (
  permissions: Service,
  checkpoint: CheckpointId,
  doomed: ReadonlyArray<Permission>
): Effect.Effect<void, PermissionsError> =>
  Effect.forEach(doomed, (permission) => remove(permissions, checkpoint, permission), together)
