import { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { make } from "./make.ts"
import { InvalidPolicy, type Mistake } from "./mistake.ts"
import type { AccessPolicy, Resolved } from "./model.ts"

const isCheckpoint = Schema.is(CheckpointId)
const isProject = Schema.is(ProjectId)

const unresolved: Mistake = { file: undefined, line: 0, column: 0, path: "", message: "it names what it does not hold" }

/** `undefined` for a policy that nobody checked and that is wrong. */
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

/**
 * What a policy says about each checkpoint. Groups are replaced by their
 * projects; each project is kept where it is met first. To pass over a group
 * that does not exist would revoke access that somebody meant to keep.
 */
export const resolve = (policy: AccessPolicy): Either.Either<ReadonlyArray<Resolved>, InvalidPolicy> => {
  const all = resolved(policy)
  if (all !== undefined) return Either.right(all)
  const mistakes = Either.match(make(policy), { onLeft: (all) => all, onRight: () => [unresolved] as const })
  return Either.left(new InvalidPolicy({ mistakes }))
}
