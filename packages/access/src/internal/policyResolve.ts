import { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { AccessPolicy, Resolved } from "../AccessPolicy.ts"

/** Groups are replaced by their projects; each project is kept where it is met first. */
export const resolve = (policy: AccessPolicy): ReadonlyArray<Resolved> => {
  const groups = new Map(Object.entries(policy.groups ?? {}))
  return Object.entries(policy.checkpoints).map(([checkpoint, { owner, mode, projects }]) => ({
    checkpoint: CheckpointId.make(checkpoint),
    owner,
    mode: mode ?? "exact",
    projects: [
      ...new Set(
        projects.flatMap((entry) => {
          if (!entry.startsWith("@")) return [ProjectId.make(entry)]
          const group = groups.get(entry.slice(1))
          // To leave it out would revoke access that somebody meant to keep.
          if (group === undefined) throw new Error(`no group ${JSON.stringify(entry.slice(1))} in this policy`)
          return group
        })
      )
    ]
  }))
}

/** The same text for the same meaning: order, groups, names and the default mode make no difference. */
export const canonical = (policy: AccessPolicy): string => {
  const checkpoints = resolve(policy).map(
    ({ checkpoint, owner, mode, projects }) => [checkpoint, owner ?? null, mode, [...projects].sort()] as const
  )
  checkpoints.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
  return JSON.stringify(["checkpoint-permissions/policy", 1, checkpoints])
}
