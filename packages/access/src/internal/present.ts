import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { Permission } from "@checkpoint-permissions/core/Permission"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { byProject } from "./oldest.ts"

/** What a listing showed, page after page: not a snapshot. */
export interface Reading {
  /** The permissions of each project, the oldest first. */
  readonly projects: ReadonlyMap<string, ReadonlyArray<Permission>>
  /** The page on which each was seen last. */
  readonly pages: ReadonlyMap<PermissionId, number>
}

/**
 * The permissions of some projects, read whole. One project is asked for by
 * name; several are picked from the whole listing, which is one request for a
 * hundred permissions.
 */
export const present = (
  permissions: Service,
  checkpoint: CheckpointId,
  projects: ReadonlyArray<ProjectId>
): Effect.Effect<Reading, PermissionsError> => {
  const wanted = new Set<string>(projects)
  const [only, ...others] = projects
  return permissions.pages(checkpoint, only !== undefined && others.length === 0 ? { project_id: only } : {}).pipe(
    Stream.zipWithIndex,
    Stream.mapConcat(([{ data }, page]) =>
      data.flatMap((permission) => (wanted.has(permission.project_id) ? [[permission, page] as const] : []))
    ),
    Stream.runCollect,
    Effect.map((seen) => ({
      projects: byProject(Chunk.map(seen, ([permission]) => permission)),
      pages: new Map(Chunk.map(seen, ([{ id }, page]) => [id, page] as const))
    }))
  )
}
