import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { toFailure } from "@checkpoint-permissions/core/PermissionsError"
import { limits, owningProject } from "@checkpoint-permissions/protocol/settling"
import * as Effect from "effect/Effect"
import { deletePermission } from "./deletePermission.ts"
import { read } from "./read.ts"

/**
 * What a revoke came to: each project is in one of the three.
 *
 * @category models
 * @since 0.1.0
 * @see {@link revoke}
 */
export interface Revoked {
  /** Had access before. */
  readonly revoked: ReadonlyArray<ProjectId>
  /** Had no permission. */
  readonly absent: ReadonlyArray<ProjectId>
  /** Owns the model: always has access and can be neither granted nor revoked. */
  readonly owning: ReadonlyArray<ProjectId>
}

/** Deletes every permission of the projects. The caller holds the turn. */
export const revoke = Effect.fnUntraced(function* (
  service: Service,
  checkpoint: CheckpointId,
  projects: ReadonlyArray<ProjectId>
) {
  const { permissions, projects: had } = yield* read(service, checkpoint, projects)
  const owning = new Set<ProjectId>()
  yield* Effect.forEach(
    permissions,
    (permission) =>
      Effect.catchAll(deletePermission(service, checkpoint, permission), (error) =>
        owningProject(toFailure(error), [permission.project_id]) === undefined
          ? Effect.fail(error)
          : Effect.sync(() => {
              owning.add(permission.project_id)
            })
      ),
    { concurrency: limits.concurrency, discard: true }
  )
  const report: Revoked = {
    revoked: projects.filter((project) => had.has(project) && !owning.has(project)),
    absent: projects.filter((project) => !had.has(project)),
    owning: [...owning]
  }
  return report
})
