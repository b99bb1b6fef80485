import { finishInFlight, type Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import { type PermissionsError, toFailure } from "@checkpoint-permissions/core/PermissionsError"
import * as settling from "@checkpoint-permissions/protocol/settling"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { YieldWrap } from "effect/Utils"
import type { Found } from "../plan/model.ts"
import { type Failed, failedWith } from "./read.ts"

type Yielded = YieldWrap<Effect.Effect<unknown, PermissionsError>>

/**
 * What deletes at a checkpoint are made of. `onDeleted` runs after the reply, also when the caller was interrupted
 * meanwhile.
 */
export const deleteCalls = (
  service: Service,
  checkpoint: string,
  onDeleted: (permission: Found) => Effect.Effect<void>
): settling.DeleteCalls<Yielded, Found, Failed> => ({
  send: (permission) =>
    Effect.match(
      finishInFlight(service.delete(checkpoint, permission.id), ({ error }) =>
        error === undefined ? onDeleted(permission) : Effect.void
      ),
      { onFailure: failedWith, onSuccess: () => undefined }
    ),
  isListed: ({ id, project_id }) =>
    service.stream(checkpoint, { project_id }).pipe(
      Stream.filter((listed) => listed.id === id),
      Stream.runHead,
      Effect.map(Option.isSome)
    ),
  onGone: onDeleted
})

/** Deletes a permission. Already deleted counts as success. */
export const deletePermission = (
  calls: settling.DeleteCalls<Yielded, Found, Failed>,
  permission: Found
): Effect.Effect<void, PermissionsError> =>
  Effect.flatMap(
    Effect.gen(() => settling.deletePermission(calls, permission)),
    (failed) => (failed === undefined ? Effect.void : Effect.fail(failed.error))
  )

/** Whether the server says that it knows no such permission. */
export const isAbsent = (error: PermissionsError): boolean => settling.onDelete(toFailure(error), false) === "absent"

/** Looks up a permission after a 404 to its delete. Fails with the error if the permission is still listed. */
export const confirmGone = (
  calls: Pick<settling.DeleteCalls<Yielded, Found>, "isListed">,
  permission: Found,
  error: PermissionsError
): Effect.Effect<void, PermissionsError> =>
  Effect.flatMap(
    Effect.gen(() => settling.isGone(calls, permission, toFailure(error))),
    (isGone) => (isGone ? Effect.void : Effect.fail(error))
  )
