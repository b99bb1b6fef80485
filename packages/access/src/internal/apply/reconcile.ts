import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { byProject } from "@checkpoint-permissions/protocol/settling"
import type { CheckpointPlan, Found } from "../plan/model.ts"

/** A checkpoint as it is now, held against its plan. */
export interface Reconciled {
  /** What the plan's own steps cannot explain. */
  readonly differences: ReadonlyArray<string>
  readonly grants: ReadonlyArray<ProjectId>
  readonly revokes: ReadonlyArray<Found>
  readonly granted: ReadonlyArray<ProjectId>
  readonly revoked: ReadonlyArray<Found>
}

/**
 * Tells what of a plan is done already, what is left, and what somebody else
 * did. A permission that is gone is explained if the plan revokes it, a new one
 * if the plan grants its project; a second new one of the same project is a
 * double to be taken away.
 */
export const reconcile = (plan: CheckpointPlan, now: ReadonlyArray<Found>): Reconciled => {
  const planned = new Map(plan.revokes.map(({ permission }) => [permission.id, permission]))
  const nowIds = new Set(now.map(({ id }) => id))
  const foundIds = new Set(plan.found.map(({ id }) => id))
  const toGrant = new Set<string>(plan.grants)
  const added = now.filter(({ id }) => !foundIds.has(id))
  const addedOfGrants = byProject(added.filter(({ project_id }) => toGrant.has(project_id)))
  const differences = [
    ...plan.found
      .filter(({ id }) => !nowIds.has(id) && !planned.has(id))
      .map(({ id, project_id }) => `permission ${id} of ${project_id} is gone`),
    ...added
      .filter(({ project_id }) => !toGrant.has(project_id))
      .map(({ id, project_id }) => `permission ${id} of ${project_id} is new`)
  ]
  return {
    differences,
    grants: plan.grants.filter((project) => !addedOfGrants.has(project)),
    revokes: [
      ...[...planned.values()].filter(({ id }) => nowIds.has(id)),
      ...[...addedOfGrants.values()].flatMap((same) => same.slice(1))
    ],
    granted: plan.grants.filter((project) => addedOfGrants.has(project)),
    revoked: [...planned.values()].filter(({ id }) => !nowIds.has(id))
  }
}

/** A plan that was made just now needs no second look. */
export const asPlanned = (plan: CheckpointPlan): Reconciled => ({
  differences: [],
  grants: plan.grants,
  revokes: plan.revokes.map(({ permission }) => permission),
  granted: [],
  revoked: []
})
