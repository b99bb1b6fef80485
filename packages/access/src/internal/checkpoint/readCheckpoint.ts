import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import { oldestFirst } from "@checkpoint-permissions/protocol/settling"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Found } from "../plan/model.ts"

/**
 * Every permission of a checkpoint, oldest first, without what a plan does not
 * need. Read from the newest on: what is then the oldest of a project was there
 * when the younger ones were.
 */
export const readAll = (
  service: Service,
  checkpoint: CheckpointId
): Effect.Effect<ReadonlyArray<Found>, PermissionsError> =>
  service.stream(checkpoint, { order: "descending" }).pipe(
    Stream.map(({ created_at, id, project_id }): Found => ({ id, project_id, created_at })),
    Stream.runCollect,
    Effect.map((found) => Arr.sort(found, oldestFirst))
  )
