import { isCheckpointId, isProjectId, type ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { sha256 } from "../json.ts"
import { checkValue } from "../policyText/check.ts"
import { type Diagnostic, InvalidPolicy } from "./diagnostic.ts"
import { dayOf, endedBy, entriesOf } from "./ends.ts"
import type { AccessPolicy, End, Ending, ResolvedEntry } from "./model.ts"

const unresolved: Diagnostic = {
  file: undefined,
  line: 0,
  column: 0,
  path: "",
  message: "it has an unknown group or an invalid id"
}

/** Returns the entries of a policy, or `undefined` for an invalid policy that was never checked. */
const resolved = (policy: AccessPolicy): ReadonlyArray<ResolvedEntry> | undefined => {
  const groups = new Map(Object.entries(policy.groups ?? {}))
  const all: Array<ResolvedEntry> = []
  for (const [checkpoint, { owner, mode, projects }] of Object.entries(policy.checkpoints)) {
    if (!isCheckpointId(checkpoint)) return undefined
    const once = new Set<ProjectId>()
    const withoutEnd = new Set<ProjectId>()
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
        withoutEnd.add(project)
      }
    }
    const ends = endings.map((end): End => (withoutEnd.has(end.project) ? { ...end, ignored: true } : end))
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
 * Returns a policy's entry for each checkpoint, in the order of the file.
 *
 * `Left` if the policy was made in code and has an invalid id or an unknown group. `digest` and `Access.plan` die for
 * such a policy: check it with {@link make}.
 *
 * @category meaning
 */
export const resolve = (policy: AccessPolicy): Either.Either<ReadonlyArray<ResolvedEntry>, InvalidPolicy> => {
  const all = resolved(policy)
  if (all !== undefined) return Either.right(all)
  return Either.andThen(checkValue(policy), Either.left(new InvalidPolicy({ diagnostics: [unresolved] })))
}

const byCheckpoint = (
  [one]: readonly [string, ...ReadonlyArray<unknown>],
  [other]: readonly [string, ...ReadonlyArray<unknown>]
) => (one < other ? -1 : one > other ? 1 : 0)

/** Returns the projects of a list, with their ends, in order. Leaves out access that has ended by the day. */
const projectsOn = (
  resolved: ResolvedEntry,
  day: string | undefined
): ReadonlyArray<string | readonly [string, string]> => {
  const ended = endedBy(resolved.ends, day)
  return entriesOf(resolved)
    .map((entry) => (typeof entry === "string" ? entry : ([entry.project, entry.until] as const)))
    .filter((entry) => typeof entry === "string" || !ended.has(entry[0]))
    .sort((one, other) => (String(one) < String(other) ? -1 : 1))
}

/** Returns the meaning of an entry: order, groups and the default mode make no difference. */
export const meaningOf = (resolved: ResolvedEntry, day?: string) =>
  [resolved.checkpoint, resolved.owner ?? null, resolved.mode, projectsOn(resolved, day)] as const

/** Returns equal text for equal meaning. */
const canonical = (resolved: ReadonlyArray<ResolvedEntry>, day: string): string =>
  JSON.stringify(["checkpoint-permissions/policy", 1, resolved.map((one) => meaningOf(one, day)).sort(byCheckpoint)])

/**
 * Returns `sha256:<hex>` of a policy's meaning: owner, mode, projects and ends of each checkpoint. Order, comments,
 * format, names and groups make no difference. Access that has ended by `day` does not count. Default: the current day
 * in UTC.
 *
 * @category meaning
 */
export const digest = (policy: AccessPolicy, options?: { readonly day?: string | undefined }): Effect.Effect<string> =>
  Effect.gen(function* () {
    const day = options?.day ?? dayOf(yield* DateTime.now)
    return yield* sha256(canonical(yield* Effect.orDie(resolve(policy)), day))
  })
