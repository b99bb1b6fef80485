import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { IncompleteListing } from "@checkpoint-permissions/core/PermissionsError"
import * as Effect from "effect/Effect"
import { settleDoubles } from "./doubles.ts"
import { ensure } from "./ensure.ts"
import { read } from "./read.ts"
import { plain } from "./writes.ts"

/**
 * What a grant came to: each project is in one of the four.
 *
 * @category models
 * @since 0.1.0
 * @see {@link grant}
 */
export interface Granted {
  /** Had no access before, and was read with a permission after. */
  readonly granted: ReadonlyArray<ProjectId>
  /** The server answered that it granted these, but does not list them yet. */
  readonly unlisted: ReadonlyArray<ProjectId>
  /** Had access already. */
  readonly alreadyGranted: ReadonlyArray<ProjectId>
  /** Owns the model: always has access and can be neither granted nor revoked. */
  readonly owning: ReadonlyArray<ProjectId>
}

/** Reads, grants what is missing, and reads again if anything was sent. The caller holds the turn. */
export const grant = Effect.fnUntraced(function* (
  service: Service,
  checkpoint: CheckpointId,
  projects: ReadonlyArray<ProjectId>
) {
  const writes = plain(service, checkpoint)
  const before = yield* read(service, checkpoint, projects)
  const { none } = yield* settleDoubles(service, checkpoint, before, writes)
  const had = (project: ProjectId): boolean => before.pages.projects.has(project) && !none.includes(project)
  const missing = projects.filter((project) => !had(project))
  const ensured = yield* ensure(service, checkpoint, missing, projects, writes)
  for (const error of ensured.refused.values()) return yield* error
  if (ensured.revoked.length > 0) {
    const reason = `${ensured.revoked.join(", ")}: revoked by somebody else each time that it is granted`
    return yield* new IncompleteListing({ operation: "create", checkpoint, reason, received: 0 })
  }
  const unlisted = ensured.unlisted.map(({ project_id }) => project_id)
  const report: Granted = {
    granted: missing.filter((project) => !ensured.owning.has(project) && !unlisted.includes(project)),
    unlisted,
    alreadyGranted: projects.filter(had),
    owning: [...ensured.owning]
  }
  return report
})
