import { finishInFlight, type Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Effect from "effect/Effect"
import { removeAll } from "./deletePermission.ts"
import { readOldest } from "./readOldest.ts"
import { granting, type Writes } from "./settleCreate.ts"

/**
 * What a grant came to: each project is in one of the three.
 *
 * @category models
 * @since 0.1.0
 */
export interface Granted {
  /** Had no access before. */
  readonly granted: ReadonlyArray<ProjectId>
  /** Had access already. */
  readonly alreadyGranted: ReadonlyArray<ProjectId>
  /** Owns the model: always has access and can be neither granted nor revoked. */
  readonly owning: ReadonlyArray<ProjectId>
}

/** Reads, grants what is missing, and reads again if anything was sent. The caller holds the turn. */
export const grant = Effect.fnUntraced(function* (
  permissions: Service,
  checkpoint: CheckpointId,
  projects: ReadonlyArray<ProjectId>
) {
  const writes: Writes<never> = {
    create: (portion) => Effect.either(finishInFlight(permissions.create(checkpoint, portion))),
    remove: (doomed) => removeAll(permissions, checkpoint, doomed)
  }
  const before = yield* readOldest(permissions, checkpoint, projects, writes.remove)
  const missing = projects.filter((project) => !before.has(project))
  const outcome = yield* granting(permissions, checkpoint, missing, writes)
  if (outcome.unread) yield* readOldest(permissions, checkpoint, projects, writes.remove)
  for (const error of outcome.refused.values()) return yield* error
  const report: Granted = {
    granted: missing.filter((project) => !outcome.owning.has(project)),
    alreadyGranted: projects.filter((project) => before.has(project)),
    owning: [...outcome.owning]
  }
  return report
})
