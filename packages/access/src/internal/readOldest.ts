import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { Permission } from "@checkpoint-permissions/core/Permission"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Effect from "effect/Effect"
import { present, type Reading } from "./present.ts"

/**
 * Projects of which the oldest permission was seen before a younger one: it may
 * have been deleted by the time the other was made, by somebody else.
 */
const uncertain = ({ pages, projects }: Reading): ReadonlyArray<ProjectId> =>
  [...projects.values()].flatMap(([oldest, ...younger]) => {
    if (oldest === undefined) return []
    const seen = pages.get(oldest.id) ?? 0
    return younger.some(({ id }) => (pages.get(id) ?? 0) > seen) ? [oldest.project_id] : []
  })

/**
 * What the server has now for some projects. Of several permissions of one
 * project only the oldest is left: which one that is, is looked up again if
 * they were not there at the same time for certain.
 */
export const readOldest = Effect.fnUntraced(function* <E>(
  permissions: Service,
  checkpoint: CheckpointId,
  projects: ReadonlyArray<ProjectId>,
  remove: (doomed: ReadonlyArray<Permission>) => Effect.Effect<void, PermissionsError | E>
) {
  const now = new Map<string, Permission>()
  const doomed: Array<Permission> = []
  const settle = ([oldest, ...younger]: ReadonlyArray<Permission>) => {
    if (oldest === undefined) return
    now.set(oldest.project_id, oldest)
    doomed.push(...younger)
  }

  let reading = yield* present(permissions, checkpoint, projects)
  for (;;) {
    const open = new Set<string>(uncertain(reading))
    for (const [project, same] of reading.projects) if (!open.has(project)) settle(same)
    if (open.size === 0) break
    const before = reading.projects
    const again = yield* present(
      permissions,
      checkpoint,
      projects.filter((project) => open.has(project))
    )
    // what was the oldest and is still there was there when the younger ones were seen
    const left = new Map(again.projects)
    for (const project of open) {
      const same = before.get(project) ?? []
      if (!again.projects.get(project)?.some(({ id }) => id === same[0]?.id)) continue
      settle(same)
      left.delete(project)
    }
    reading = { projects: left, pages: again.pages }
  }
  yield* remove(doomed)
  const oldest: ReadonlyMap<string, Permission> = now
  return oldest
})
