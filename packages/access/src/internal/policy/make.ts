import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import { shown } from "../text.ts"
import { fileOf, together } from "./check.ts"
import type { InvalidPolicy } from "./mistake.ts"
import type { AccessPolicy, AccessPolicyEncoded, State } from "./model.ts"
import type { Found } from "./read.ts"

/** A value has no lines. */
const position = { line: 0, column: 0 } as const

/** Checks a value that was made in code as a file is checked, unless mistakes of it are known already. */
export const checkValue = (
  value: unknown,
  found: ReadonlyArray<Found> = []
): Either.Either<AccessPolicy, InvalidPolicy> => {
  const readable = found.length === 0
  const read = { value, found, readable, broken: new Set<string>(), locate: () => position, source: () => undefined }
  return together([fileOf(undefined, read)])
}

/**
 * Checks a policy that was made in code as a file is checked.
 *
 * @category constructors
 */
export const make = (policy: AccessPolicyEncoded): Effect.Effect<AccessPolicy, InvalidPolicy> =>
  Effect.suspend(() => checkValue(policy))

/**
 * A policy that asks for just what is there. Fails for a project whose id begins with `@`, which a policy would take
 * for a group.
 *
 * @category constructors
 */
export const fromState = (states: Iterable<State>): Effect.Effect<AccessPolicy, InvalidPolicy> =>
  Effect.suspend(() => {
    const checkpoints = new Map<string, { readonly owner?: string; readonly projects: ReadonlyArray<string> }>()
    const found: Array<Found> = []
    for (const { checkpoint, owner, projects } of states) {
      const path = ["checkpoints", checkpoint]
      if (checkpoints.has(checkpoint)) {
        found.push({ position, path, message: "this checkpoint is given twice: give it once" })
      }
      const once = [...new Set<string>(projects)]
      for (const [index, project] of once.entries()) {
        if (!project.startsWith("@")) continue
        const why =
          "a policy takes what begins with @ for a group: leave this checkpoint out, and look after it by hand"
        const message = `no policy can hold the project ${shown(project, 600)}, ${why}`
        found.push({ position, path: [...path, "projects", index], message })
      }
      checkpoints.set(checkpoint, { ...(owner === undefined ? {} : { owner }), projects: once })
    }
    return checkValue({ version: 1, checkpoints: Object.fromEntries(checkpoints) }, found)
  })
