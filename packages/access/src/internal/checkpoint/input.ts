import { isProjectId, type ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { InvalidInputError, type Operation } from "@checkpoint-permissions/core/PermissionsError"
import { checkAccess } from "@checkpoint-permissions/protocol/parameters"
import * as Effect from "effect/Effect"

/** Checks what a grant or a revoke was given, before a request exists: each project once, in the order given. */
export const checked = (
  operation: Operation,
  checkpoint: string,
  projects: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<ProjectId>, InvalidInputError> => {
  const read = checkAccess(checkpoint, projects)
  return "ok" in read
    ? Effect.succeed(read.ok.filter(isProjectId))
    : Effect.fail(new InvalidInputError({ operation, ...read }))
}
