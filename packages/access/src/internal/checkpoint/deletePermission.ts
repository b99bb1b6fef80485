import { finishInFlight, type Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import { type PermissionsError, toFailure } from "@checkpoint-permissions/core/PermissionsError"
import { onDelete } from "@checkpoint-permissions/protocol/settling"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Found } from "../plan/model.ts"

/** Whether the server says that it knows no such permission. */
export const isAbsent = (error: PermissionsError): boolean => onDelete(toFailure(error), false) === "absent"

/**
 * Looks up a permission after a 404 to its delete: a proxy may have answered in the server's place. Fails with the
 * error if the permission is still listed.
 */
export const confirmGone = (
  service: Service,
  checkpoint: string,
  { id, project_id }: Found,
  error: PermissionsError
): Effect.Effect<void, PermissionsError> =>
  service
    .stream(checkpoint, { project_id })
    .pipe(Stream.runForEach((permission) => (permission.id === id ? Effect.fail(error) : Effect.void)))

/**
 * Deletes a permission. Already deleted counts as success. `onDeleted` runs after the reply, also when the caller was
 * interrupted meanwhile.
 */
export const deletePermission = (
  service: Service,
  checkpoint: string,
  permission: Found,
  onDeleted: Effect.Effect<void> = Effect.void
): Effect.Effect<void, PermissionsError> =>
  finishInFlight(service.delete(checkpoint, permission.id), ({ error }) =>
    error === undefined ? onDeleted : Effect.void
  ).pipe(
    Effect.asVoid,
    Effect.catchAll((error) =>
      isAbsent(error)
        ? Effect.zipRight(confirmGone(service, checkpoint, permission, error), onDeleted)
        : Effect.fail(error)
    )
  )
