import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { Permission } from "@checkpoint-permissions/core/Permission"
import { toFailure } from "@checkpoint-permissions/core/PermissionsError"
import { owningProject } from "@checkpoint-permissions/protocol/settling"
import * as Effect from "effect/Effect"
import { remove, together } from "./deletePermission.ts"
import { present } from "./readProjects.ts"

/**
 * What a revoke came to: each project is in one of the three.
 *
 * @category models
 * @since 0.1.0
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
  permissions: Service,
  checkpoint: CheckpointId,
  projects: ReadonlyArray<ProjectId>
) {
  const { projects: now } = yield* present(permissions, checkpoint, projects)
  const owning = new Set<ProjectId>()

  const removeUnlessOwning = (project: ProjectId, permission: Permission) =>
    Effect.catchAll(remove(permissions, checkpoint, permission), (error) =>
      owningProject(toFailure(error), [project]) === undefined
        ? Effect.fail(error)
        : Effect.sync(() => {
            owning.add(project)
          })
    )

  yield* Effect.forEach(
    projects.flatMap((project) => (now.get(project) ?? []).map((permission) => [project, permission] as const)),
    ([project, permission]) => removeUnlessOwning(project, permission),
    together
  )
  const report: Revoked = {
    revoked: projects.filter((project) => now.has(project) && !owning.has(project)),
    absent: projects.filter((project) => !now.has(project)),
    owning: [...owning]
  }
  return report
})
