import { isCheckpointId, isProjectId, type ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Either from "effect/Either"
import { checkValue } from "../policyText/check.ts"
import { InvalidPolicy, type Mistake } from "./mistake.ts"
import type { AccessPolicy, End, Ending, Resolved } from "./model.ts"

const unresolved: Mistake = { file: undefined, line: 0, column: 0, path: "", message: "it names what it does not hold" }

/** `undefined` for a policy that nobody checked and that is wrong. */
const resolved = (policy: AccessPolicy): ReadonlyArray<Resolved> | undefined => {
  const groups = new Map(Object.entries(policy.groups ?? {}))
  const all: Array<Resolved> = []
  for (const [checkpoint, { owner, mode, projects }] of Object.entries(policy.checkpoints)) {
    if (!isCheckpointId(checkpoint)) return undefined
    const once = new Set<ProjectId>()
    const endless = new Set<ProjectId>()
    const endings: Array<Ending> = []
    for (const entry of projects) {
      if (typeof entry !== "string") {
        if (!isProjectId(entry.project)) return undefined
        once.add(entry.project)
        endings.push(entry)
        continue
      }
      const members = entry.startsWith("@") ? groups.get(entry.slice(1)) : [entry]
      if (members === undefined) return undefined
      for (const project of members) {
        if (!isProjectId(project)) return undefined
        once.add(project)
        endless.add(project)
      }
    }
    const ends = endings.map((end): End => (endless.has(end.project) ? { ...end, kept: true } : end))
    all.push({
      checkpoint,
      owner,
      mode: mode ?? "exact",
      projects: [...once],
      ...(ends.length === 0 ? {} : { ends })
    })
  }
  return all
}

/**
 * What a policy says about each checkpoint, in the order of the file.
 *
 * Left for a policy that was made in code and holds an invalid id or a group that does not exist. For such a policy
 * `digest`, `Access.plan` and `AccessPlan.fromMatrix` die: check it with {@link make}.
 *
 * @category meaning
 */
export const resolve = (policy: AccessPolicy): Either.Either<ReadonlyArray<Resolved>, InvalidPolicy> => {
  const all = resolved(policy)
  if (all !== undefined) return Either.right(all)
  return Either.andThen(checkValue(policy), Either.left(new InvalidPolicy({ mistakes: [unresolved] })))
}
