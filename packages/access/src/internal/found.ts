import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Found } from "../AccessPlan.ts"

/** Every permission of a checkpoint, oldest first, without what a plan does not need. */
export const readAll = (
  service: Service,
  checkpoint: CheckpointId
): Effect.Effect<ReadonlyArray<Found>, PermissionsError> =>
  service.stream(checkpoint, { order: "ascending" }).pipe(
    Stream.map(({ created_at, id, project_id }): Found => ({ id, project_id, created_at })),
    Stream.runCollect,
    Effect.map(Chunk.toReadonlyArray)
  )
