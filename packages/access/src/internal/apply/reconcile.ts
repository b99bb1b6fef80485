import { byProject } from "@checkpoint-permissions/protocol/writes"
import type { CheckpointPlan, ListedPermission } from "../plan/model.ts"

/** The mode of a policy's entry. */
export type Mode = "exact" | "at-least"

const wantedBy = ({ grants, unchanged }: CheckpointPlan): ReadonlySet<string> => new Set([...unchanged, ...grants])

/** Returns the permissions that the apply leaves as they are, although the policy does not permit them. */
const leftOf = ({ left }: CheckpointPlan): ReadonlyArray<ListedPermission> =>
  left?.revokes.map(({ permission }) => permission) ?? []

/**
 * Returns true if the plan permits the delete of a duplicate. The plan either notes the permission, or grants the
 * project, so that its own creates may have made both.
 */
export const mayDeleteDuplicate =
  (plan: CheckpointPlan) =>
  ({ id, project_id }: ListedPermission): boolean =>
    plan.grants.includes(project_id) || plan.duplicates.some((duplicate) => duplicate.id === id)

/**
 * Compares a snapshot with the plan. The plan explains a missing permission if it deletes it or leaves it
 * out, and a new permission if its project has access by the plan. In the mode `at-least`, projects outside the policy are ignored.
 */
export const reconcile = (plan: CheckpointPlan, mode: Mode, now: ReadonlyArray<ListedPermission>) => {
  const projects = byProject(now)
  const nowIds = new Set(now.map(({ id }) => id))
  const foundIds = new Set(plan.found.map(({ id }) => id))
  const planned = plan.revokes.map(({ permission }) => permission)
  const known = new Set([...planned, ...plan.duplicates, ...leftOf(plan)].map(({ id }) => id))
  const wanted = new Set<string>([...wantedBy(plan), ...(plan.left?.grants ?? [])])
  const isRelevant = ({ project_id }: ListedPermission): boolean => mode === "exact" || wanted.has(project_id)
  const vanished = plan.found.filter((found) => !nowIds.has(found.id) && !known.has(found.id) && isRelevant(found))
  const added = now.filter((one) => mode === "exact" && !foundIds.has(one.id) && !wanted.has(one.project_id))
  return {
    /** Changes that the plan does not explain, one sentence each. */
    differences: [
      ...vanished.map(({ id, project_id }) => `permission ${id} of ${project_id} is gone`),
      ...added.map(({ id, project_id }) => `permission ${id} of ${project_id} is new`)
    ],
    missing: plan.grants.filter((project) => !projects.has(project)),
    granted: plan.grants.filter((project) => projects.has(project)),
    /** Permissions to delete. The plan shows them, they still exist, and their projects must not have access. */
    unwanted: planned.filter(({ id }) => nowIds.has(id)),
    gone: planned.filter(({ id }) => !nowIds.has(id))
  }
}

/**
 * Returns the differences between a snapshot and the policy, apart from planned deletes and duplicates. Empty if it
 * matches. `exempt` are projects that own the model, or whose permission the server does not list yet.
 */
export const verify = (
  plan: CheckpointPlan,
  mode: Mode,
  now: ReadonlyArray<ListedPermission>,
  exempt: ReadonlySet<string>
): ReadonlyArray<string> => {
  const projects = byProject(now)
  const wanted = wantedBy(plan)
  const shown = new Set([...plan.revokes.map(({ permission }) => permission), ...leftOf(plan)].map(({ id }) => id))
  const granted = new Set<string>(plan.left?.grants)
  const missing = [...wanted].filter((project) => !projects.has(project) && !exempt.has(project))
  const extra = now.filter(
    ({ id, project_id }) =>
      !wanted.has(project_id) && !granted.has(project_id) && !shown.has(id) && project_id !== plan.owner
  )
  return [
    ...missing.map((project) => `${project} has no permission any more`),
    ...(mode === "exact" ? extra.map(({ id, project_id }) => `permission ${id} of ${project_id} is new`) : [])
  ]
}
