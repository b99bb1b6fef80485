import { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { isNonEmptyReadonlyArray } from "effect/Array"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { make } from "./make.ts"
import { InvalidPolicy } from "./mistake.ts"
import type { AccessPolicy, Resolved } from "./model.ts"

const isCheckpoint = Schema.is(CheckpointId)
const isProject = Schema.is(ProjectId)

/**
 * Groups are replaced by their projects; each project is kept where it is met
 * first. `undefined` for a policy that nobody checked and that is wrong: to pass
 * over a group that does not exist would revoke access that somebody meant to
 * keep.
 */
const resolved = (policy: AccessPolicy): ReadonlyArray<Resolved> | undefined => {
  const groups = new Map(Object.entries(policy.groups ?? {}))
  const all: Array<Resolved> = []
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
    all.push({ checkpoint, owner, mode: mode ?? "exact", projects: [...once] })
  }
  return all
}

/** What a policy says about each checkpoint. Throws `InvalidPolicy` for one that was never checked and is wrong. */
export const resolve = (policy: AccessPolicy): ReadonlyArray<Resolved> => {
  const all = resolved(policy)
  if (all !== undefined) return all
  const mistakes = Either.getOrElse(Either.flip(make(policy)), () => [])
  throw isNonEmptyReadonlyArray(mistakes) ? new InvalidPolicy({ mistakes }) : new TypeError("not a policy")
}
