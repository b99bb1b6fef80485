import { finishInFlight, type Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import type { Permission } from "@checkpoint-permissions/core/Permission"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Effect from "effect/Effect"

/** Deletes go out together, as far as the pace lets them. */
export const together = { concurrency: 8, discard: true } as const

/** Deletes a permission. That it is gone already, whoever deleted it, is what was wanted. */
export const remove = (
  permissions: Service,
  checkpoint: CheckpointId,
  permission: Permission
): Effect.Effect<void, PermissionsError> =>
  finishInFlight(permissions.delete(checkpoint, permission.id)).pipe(
    Effect.catchTag("NotFound", () => Effect.void),
    Effect.asVoid
  )

/** Deletes all permissions given. */
export const removeAll = (
  permissions: Service,
  checkpoint: CheckpointId,
  doomed: ReadonlyArray<Permission>
): Effect.Effect<void, PermissionsError> =>
  Effect.forEach(doomed, (permission) => remove(permissions, checkpoint, permission), together)
