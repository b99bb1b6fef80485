import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { byProject } from "@checkpoint-permissions/protocol/writes"
import type { CheckpointPlan, Found } from "../plan/model.ts"

/** A checkpoint as a reading shows it, held against its plan. */
export interface Reconciled {
  /** What the plan does not show. */
  readonly differences: ReadonlyArray<string>
  readonly missing: ReadonlyArray<ProjectId>
  readonly granted: ReadonlyArray<ProjectId>
  /** Permissions of projects that are to have none, which the plan shows and which are still there. */
  readonly unwanted: ReadonlyArray<Found>
  readonly gone: ReadonlyArray<Found>
}

/**
 * Whether the plan agrees to the deletion of a permission that has an older one beside it: it shows it as a duplicate,
 * or it grants the project, so that both may come from creates of its own.
 */
export const mayDeleteDouble =
  (plan: CheckpointPlan) =>
  ({ id, project_id }: Found): boolean =>
    plan.grants.includes(project_id) ||
    plan.revokes.some(({ permission, reason }) => reason === "duplicate" && permission.id === id)

/**
 * Holds a reading against the plan. A permission that is gone is explained if the plan deletes it, a new one if the
 * plan grants its project. In the mode `at-least` unlisted projects do not count.
 */
export const reconcile = (plan: CheckpointPlan, mode: "exact" | "at-least", now: ReadonlyArray<Found>): Reconciled => {
  const projects = byProject(now)
  const nowIds = new Set(now.map(({ id }) => id))
  const foundIds = new Set(plan.found.map(({ id }) => id))
  const planned = plan.revokes.map(({ permission }) => permission)
  const plannedIds = new Set(planned.map(({ id }) => id))
  const grants = new Set<string>(plan.grants)
  const concerned = new Set<string>([...plan.unchanged, ...plan.grants])
  const concerns = ({ project_id }: Found): boolean => mode === "exact" || concerned.has(project_id)
  const vanished = plan.found.filter((found) => !nowIds.has(found.id) && !plannedIds.has(found.id) && concerns(found))
  const added = now.filter((found) => !foundIds.has(found.id) && !grants.has(found.project_id) && concerns(found))
  return {
    differences: [
      ...vanished.map(({ id, project_id }) => `permission ${id} of ${project_id} is gone`),
      ...added.map(({ id, project_id }) => `permission ${id} of ${project_id} is new`)
    ],
    missing: plan.grants.filter((project) => !projects.has(project)),
    granted: plan.grants.filter((project) => projects.has(project)),
    unwanted: plan.revokes.flatMap(({ permission, reason }) =>
      reason !== "duplicate" && nowIds.has(permission.id) ? [permission] : []
    ),
    gone: planned.filter(({ id }) => !nowIds.has(id))
  }
}

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
