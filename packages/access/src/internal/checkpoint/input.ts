import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { InvalidInputError, type Operation } from "@checkpoint-permissions/core/PermissionsError"
import { refuseAccess } from "@checkpoint-permissions/protocol/parameters"
import * as Effect from "effect/Effect"

/** Checks what a grant or a revoke was given, before a request exists: each project once, in the order given. */
export const checked = (
  operation: Operation,
  checkpoint: CheckpointId,
  projects: ReadonlyArray<ProjectId>
): Effect.Effect<ReadonlyArray<ProjectId>, InvalidInputError> => {
  const refusal = refuseAccess(checkpoint, projects)
  return refusal === undefined
    ? Effect.succeed([...new Set(projects)])
    : Effect.fail(new InvalidInputError({ operation, ...refusal }))
}
