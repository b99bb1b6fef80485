import { byProject } from "@checkpoint-permissions/protocol/settling"
import type { CheckpointPlan, Found } from "../plan/model.ts"

/**
 * How a reading differs from what the policy wants of a checkpoint, apart from
 * permissions that are deleted next. Empty if it is as wanted. `several` are
 * projects whose doubles could not be settled. `exempt` are
 * projects that have access without a permission, or whose permission the
 * server does not list yet.
 */
export const verify = (
  plan: CheckpointPlan,
  mode: "exact" | "at-least",
  now: ReadonlyArray<Found>,
  several: ReadonlyArray<string>,
  exempt: ReadonlySet<string>
): ReadonlyArray<string> => {
  const projects = byProject(now)
  const wanted = [...plan.unchanged, ...plan.grants]
  const isWanted = new Set<string>(wanted)
  const shown = new Set(plan.revokes.map(({ permission }) => permission.id))
  const missing = wanted.filter((project) => !projects.has(project) && !exempt.has(project))
  const extra = now.filter(
    ({ id, project_id }) => !isWanted.has(project_id) && !shown.has(id) && project_id !== plan.owner
  )
  return [
    ...missing.map((project) => `${project} has no permission any more`),
    ...(mode === "exact" ? extra.map(({ id, project_id }) => `permission ${id} of ${project_id} is new`) : []),
    ...(mode === "exact"
      ? several.filter((project) => isWanted.has(project)).map((project) => `${project} has several permissions`)
      : [])
  ]
}
