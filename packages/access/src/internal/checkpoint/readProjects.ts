import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { Permission } from "@checkpoint-permissions/core/Permission"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import { type Reading, readingOf } from "@checkpoint-permissions/protocol/settling"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/**
 * The permissions of some projects, read whole. One project is asked for by
 * name; several are picked from the whole listing, which is one request for a
 * hundred permissions.
 */
export const present = (
  permissions: Service,
  checkpoint: CheckpointId,
  projects: ReadonlyArray<ProjectId>
): Effect.Effect<Reading<Permission>, PermissionsError> => {
  const wanted = new Set<string>(projects)
  const [only, ...others] = projects
  return permissions.pages(checkpoint, only !== undefined && others.length === 0 ? { project_id: only } : {}).pipe(
    Stream.map(({ data }) => data.filter(({ project_id }) => wanted.has(project_id))),
    Stream.runCollect,
    Effect.map(readingOf)
  )
}
