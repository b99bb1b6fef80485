import { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Schema from "effect/Schema"
import type { AccessPolicy, Resolved } from "../AccessPolicy.ts"

const isCheckpoint = Schema.is(CheckpointId)
const isProject = Schema.is(ProjectId)

/**
 * Groups are replaced by their projects; each project is kept where it is met
 * first. `undefined` for a policy that nobody checked and that is wrong: to pass
 * over a group that does not exist would revoke access that somebody meant to
 * keep.
 */
export const resolve = (policy: AccessPolicy): ReadonlyArray<Resolved> | undefined => {
  const groups = new Map(Object.entries(policy.groups ?? {}))
  const resolved: Array<Resolved> = []
  for (const [checkpoint, { owner, mode, projects }] of Object.entries(policy.checkpoints)) {
    if (!isCheckpoint(checkpoint)) return undefined
    const once = new Set<ProjectId>()
    for (const entry of projects) {
      const members = entry.startsWith("@") ? groups.get(entry.slice(1)) : [entry]
      if (members === undefined) return undefined
      for (const project of members) {
        if (!isProject(project)) return undefined
        once.add(project)
      }
    }
    resolved.push({ checkpoint, owner, mode: mode ?? "exact", projects: [...once] })
  }
  return resolved
}

const byCheckpoint = (
  [one]: readonly [string, ...ReadonlyArray<unknown>],
  [other]: readonly [string, ...ReadonlyArray<unknown>]
) => (one < other ? -1 : one > other ? 1 : 0)

/** The same text for the same meaning: order, groups, names and the default mode make no difference. */
export const canonical = (resolved: ReadonlyArray<Resolved>): string =>
  JSON.stringify([
    "checkpoint-permissions/policy",
    1,
    resolved
      .map(({ checkpoint, owner, mode, projects }) => [checkpoint, owner ?? null, mode, [...projects].sort()] as const)
      .sort(byCheckpoint)
  ])
