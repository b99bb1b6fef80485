import { byProject } from "@checkpoint-permissions/protocol/settling"
import type { CheckpointPlan, Found } from "../plan/model.ts"

type Mode = "exact" | "at-least"

const wantedBy = ({ grants, unchanged }: CheckpointPlan): ReadonlySet<string> => new Set([...unchanged, ...grants])

/** Of projects with several permissions, the ones that the policy gives one. The mode `at-least` lets them be. */
export const verifyDoubles = (
  plan: CheckpointPlan,
  mode: Mode,
  several: ReadonlyArray<string>
): ReadonlyArray<string> =>
  mode === "at-least"
    ? []
    : several.filter((project) => wantedBy(plan).has(project)).map((project) => `${project} has several permissions`)

/**
 * How a reading differs from what the policy wants of a checkpoint, apart from permissions that are deleted next and
 * from doubles. Empty if it is as wanted. `exempt` are projects that have access without a permission, or whose
 * permission the server does not list yet.
 */
export const verify = (
  plan: CheckpointPlan,
  mode: Mode,
  now: ReadonlyArray<Found>,
  exempt: ReadonlySet<string>
): ReadonlyArray<string> => {
  const projects = byProject(now)
  const wanted = wantedBy(plan)
  const shown = new Set(plan.revokes.map(({ permission }) => permission.id))
  const missing = [...wanted].filter((project) => !projects.has(project) && !exempt.has(project))
  const extra = now.filter(
    ({ id, project_id }) => !wanted.has(project_id) && !shown.has(id) && project_id !== plan.owner
  )
  return [
    ...missing.map((project) => `${project} has no permission any more`),
    ...(mode === "exact" ? extra.map(({ id, project_id }) => `permission ${id} of ${project_id} is new`) : [])
  ]
}
