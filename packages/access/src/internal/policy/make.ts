import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Effect from "effect/Effect"
import { checkValue, combineFiles, fileOfSource, noPosition } from "../policyText/check.ts"
import type { LocatedIssue } from "../policyText/read.ts"
import { formatValue } from "../text.ts"
import type { InvalidPolicy } from "./diagnostic.ts"
import type { AccessPolicy, AccessPolicyEncoded, CurrentAccess, Source } from "./model.ts"

/**
 * Makes a policy from a value, with the same checks as for a file.
 *
 * @category constructors
 */
export const make = (policy: AccessPolicyEncoded): Effect.Effect<AccessPolicy, InvalidPolicy> =>
  Effect.suspend(() => checkValue(policy))

/**
 * Reads several texts as one policy. Groups and names apply to all of them. Fails if two of them have the same
 * checkpoint, or define a group or a name differently.
 *
 * @category reading
 */
export const merge = (sources: NonEmptyReadonlyArray<Source>): Effect.Effect<AccessPolicy, InvalidPolicy> =>
  Effect.suspend(() => combineFiles(sources.map(fileOfSource)))

/**
 * Makes a policy of the current access. Fails for a project whose id begins with `@`, the prefix of a group.
 *
 * @category constructors
 */
export const fromState = (states: Iterable<CurrentAccess>): Effect.Effect<AccessPolicy, InvalidPolicy> =>
  Effect.suspend(() => {
    const checkpoints = new Map<string, { readonly owner?: string; readonly projects: ReadonlyArray<string> }>()
    const found: Array<LocatedIssue> = []
    for (const { checkpoint, owner, projects } of states) {
      const path = ["checkpoints", checkpoint]
      if (checkpoints.has(checkpoint)) {
        found.push({ position: noPosition, path, message: "this checkpoint is repeated: pass it once" })
      }
      const once = [...new Set<string>(projects)]
      for (const [index, project] of once.entries()) {
        if (!project.startsWith("@")) continue
        const message = `the project ${formatValue(project, 600)} begins with @, the prefix of a group: leave out this checkpoint, and manage it manually`
        found.push({ position: noPosition, path: [...path, "projects", index], message })
      }
      checkpoints.set(checkpoint, { ...(owner === undefined ? {} : { owner }), projects: once })
    }
    return checkValue({ version: 1, checkpoints: Object.fromEntries(checkpoints) }, found)
  })
