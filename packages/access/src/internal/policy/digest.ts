import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { sha256 } from "../sha256.ts"
import { dayOf, endedBy, entriesOf } from "./ends.ts"
import type { AccessPolicy, Resolved } from "./model.ts"
import { resolve } from "./resolve.ts"

const byCheckpoint = (
  [one]: readonly [string, ...ReadonlyArray<unknown>],
  [other]: readonly [string, ...ReadonlyArray<unknown>]
) => (one < other ? -1 : one > other ? 1 : 0)

/** What a list means on a day, by project: what has ended by then is not in it. */
const projectsOn = (day: string, resolved: Resolved): ReadonlyArray<string | readonly [string, string]> => {
  const ended = endedBy(resolved.ends, day)
  return entriesOf(resolved)
    .map((entry) => (typeof entry === "string" ? entry : ([entry.project, entry.until] as const)))
    .filter((entry) => typeof entry === "string" || !ended.has(entry[0]))
    .sort((one, other) => (String(one) < String(other) ? -1 : 1))
}

/** The same text for the same meaning: order, groups, names and the default mode make no difference. */
const canonical = (resolved: ReadonlyArray<Resolved>, day: string): string =>
  JSON.stringify([
    "checkpoint-permissions/policy",
    1,
    resolved
      .map((one) => [one.checkpoint, one.owner ?? null, one.mode, projectsOn(day, one)] as const)
      .sort(byCheckpoint)
  ])

/**
 * `sha256:<hex>` of what a policy means: for each checkpoint its owner, mode and projects, with their ends. Order,
 * comments, YAML or JSON, names, and whether a project is listed or in a group make no difference. Access that has
 * ended by the `day` (`2027-01-31`; by default the present one, UTC) is none.
 *
 * @category meaning
 */
export const digest = (policy: AccessPolicy, options?: { readonly day?: string | undefined }): Effect.Effect<string> =>
  Effect.gen(function* () {
    const day = options?.day ?? dayOf(yield* DateTime.now)
    return yield* sha256(canonical(yield* Effect.orDie(resolve(policy)), day))
  })
