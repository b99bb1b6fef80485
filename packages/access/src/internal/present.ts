import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { Permission } from "@checkpoint-permissions/core/Permission"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { byProject } from "./oldest.ts"

/**
 * The permissions of some projects, read whole. One project is asked for by
 * name; several are picked from the whole listing, which is one request for a
 * hundred permissions.
 */
export const present = (
  permissions: Service,
  checkpoint: CheckpointId,
  projects: ReadonlyArray<ProjectId>
): Effect.Effect<ReadonlyMap<string, ReadonlyArray<Permission>>, PermissionsError> => {
  const wanted = new Set<string>(projects)
  const [only, ...others] = projects
  return permissions.stream(checkpoint, only !== undefined && others.length === 0 ? { project_id: only } : {}).pipe(
    Stream.filter((permission) => wanted.has(permission.project_id)),
    Stream.runCollect,
    Effect.map(byProject)
  )
}
