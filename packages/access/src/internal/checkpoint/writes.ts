import { finishInFlight, type Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionPage } from "@checkpoint-permissions/core/Permission"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type { Found } from "../plan/model.ts"
import { deleteCalls, deletePermission } from "./deletePermission.ts"

/** The two writes to one checkpoint, as they are or with a line in a journal before and after. */
export interface Writes<E> {
  readonly create: (
    projects: ReadonlyArray<ProjectId>
  ) => Effect.Effect<Either.Either<PermissionPage, PermissionsError>, E>
  /** Already deleted counts as success. */
  readonly delete: (permission: Found) => Effect.Effect<void, PermissionsError | E>
  /** Receives a permission that a reading shows after a create without a reply that names it. */
  readonly onFound: (permission: Found) => Effect.Effect<void, E>
  /** When the delete of each permission was answered that is gone, by its id. */
  readonly deleted: ReadonlyMap<string, DateTime.Utc>
}

/** A record of deletes, and how to add to it. */
export const makeDeleted = () => {
  const deleted = new Map<string, DateTime.Utc>()
  const onDeleted = ({ id }: Found) => Effect.map(DateTime.now, (now) => void deleted.set(id, now))
  return { deleted, onDeleted }
}

/** Writes without a journal. A request in flight is finished. */
export const plain = (service: Service, checkpoint: string): Writes<never> => {
  const { deleted, onDeleted } = makeDeleted()
  return {
    create: (projects) => Effect.either(finishInFlight(service.create(checkpoint, projects))),
    delete: (permission) => deletePermission(deleteCalls(service, checkpoint, onDeleted), permission),
    onFound: () => Effect.void,
    deleted
  }
}
