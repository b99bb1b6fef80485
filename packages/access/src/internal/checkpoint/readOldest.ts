import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { Permission } from "@checkpoint-permissions/core/Permission"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import { duplicates, type Reading } from "@checkpoint-permissions/protocol/settling"
import * as Effect from "effect/Effect"
import { present } from "./readProjects.ts"

/**
 * What the server has now for some projects. Of several permissions of one
 * project only the oldest is left. Projects whose duplicates were not certainly
 * there at the same time are read again first.
 */
export const readOldest = Effect.fnUntraced(function* <E>(
  permissions: Service,
  checkpoint: CheckpointId,
  projects: ReadonlyArray<ProjectId>,
  remove: (permissions: ReadonlyArray<Permission>) => Effect.Effect<void, PermissionsError | E>
) {
  const oldest = new Map<string, Permission>()
  const toRemove: Array<Permission> = []
  let before: Reading<Permission> | undefined
  let toRead = projects
  do {
    const reading: Reading<Permission> = yield* present(permissions, checkpoint, toRead)
    const found = duplicates(reading, before)
    for (const [project, permission] of found.kept) oldest.set(project, permission)
    toRemove.push(...found.toDelete)
    toRead = found.toRead
    before = reading
  } while (toRead.length > 0)
  yield* remove(toRemove)
  return oldest
})
