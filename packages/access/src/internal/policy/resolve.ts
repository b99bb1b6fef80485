import { isCheckpointId, isProjectId, type ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Order from "effect/Order"
import { sha256 } from "../json.ts"
import { checkValue } from "./check.ts"
import { type AccessPolicy, type End, InvalidPolicy, type ResolvedEntry } from "./entry.ts"

/** Returns the day of a time, as text such as `2027-01-31`, in UTC. */
export const dayOf: (now: DateTime.Utc) => string = DateTime.formatIsoDateUtc

/** Returns the last day of each project with an end. A project also listed without an end is not among them. */
export const endsOf = (ends: ReadonlyArray<End> = []): ReadonlyMap<string, string> =>
  new Map(ends.flatMap(({ ignored, project, until }) => (ignored === true ? [] : [[project, until] as const])))

/** Returns the projects whose access has ended by a day, each with its last day. Without a day, no access has ended. */
export const endedBy = (ends: ReadonlyArray<End> | undefined, day = ""): ReadonlyMap<string, string> =>
  new Map([...endsOf(ends)].filter(([, until]) => until < day))

/**
 * Returns the projects of an entry with access on a day, each with its last day, or `null` without one. Without a day, no
 * access has ended.
 */
export const activeOn = (
  { ends, projects }: Pick<ResolvedEntry, "ends" | "projects">,
  day?: string
): ReadonlyMap<ProjectId, string | null> => {
  const days = endsOf(ends)
  const ended = endedBy(ends, day)
  return new Map(
    projects.flatMap((project) => (ended.has(project) ? [] : [[project, days.get(project) ?? null] as const]))
  )
}

/** Returns the entries of a policy, or `undefined` for an invalid policy that was never checked. */
const resolved = (policy: AccessPolicy): ReadonlyArray<ResolvedEntry> | undefined => {
  const groups = new Map(Object.entries(policy.groups ?? {}))
  /** Returns the projects of an entry without an end. An unknown group gives an invalid id. */
  const members = (entry: string): ReadonlyArray<string> =>
    entry.startsWith("@") ? (groups.get(entry.slice(1)) ?? [""]) : [entry]
  const all: Array<ResolvedEntry> = []
  for (const [checkpoint, entry] of Object.entries(policy.checkpoints)) {
    // a policy that was made in code may have both at its top
    const { lastReview = policy.lastReview, mode = "exact", owner, projects, reviewEvery = policy.reviewEvery } = entry
    const listed = projects.flatMap((entry) => (typeof entry === "string" ? members(entry) : [entry.project]))
    if (!isCheckpointId(checkpoint) || !listed.every(isProjectId)) return undefined
    const withoutEnd = new Set(projects.flatMap((entry) => (typeof entry === "string" ? members(entry) : [])))
    const ends = projects.flatMap((entry): ReadonlyArray<End> => {
      if (typeof entry === "string") return []
      return [withoutEnd.has(entry.project) ? { ...entry, ignored: true } : entry]
    })
    all.push({
      checkpoint,
      owner,
      ...(lastReview === undefined ? {} : { lastReview }),
      ...(reviewEvery === undefined ? {} : { reviewEvery }),
      mode,
      projects: [...new Set(listed)],
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
  const message = "it has an unknown group or an invalid id"
  const unresolved = new InvalidPolicy({ diagnostics: [{ file: undefined, line: 0, column: 0, path: "", message }] })
  return Either.andThen(checkValue(policy), Either.left(unresolved))
}

/**
 * Returns the meaning of an entry: order, groups and the default mode make no difference. Leaves out access that has
 * ended by the day.
 */
export const meaningOf = (resolved: ResolvedEntry, day?: string) => {
  const active = Array.from(activeOn(resolved, day), ([project, until]) =>
    until === null ? project : [project, until]
  )
  const projects = Arr.sortWith(active, String, Order.string)
  return [resolved.checkpoint, resolved.owner ?? null, resolved.mode, projects] as const
}

const canonical = (resolved: ReadonlyArray<ResolvedEntry>, day: string): string => {
  const byCheckpoint = Arr.sortWith(resolved, ({ checkpoint }) => checkpoint, Order.string)
  return JSON.stringify(["checkpoint-permissions/policy", 1, byCheckpoint.map((one) => meaningOf(one, day))])
}

/**
 * Returns `sha256:<hex>` of a policy's meaning: owner, mode, projects and ends of each checkpoint. Order, comments,
 * format and groups make no difference. Access that has ended by `day` does not count. Default: the current day
 * in UTC.
 *
 * @category meaning
 */
export const digest = (policy: AccessPolicy, options?: { readonly day?: string | undefined }): Effect.Effect<string> =>
  Effect.gen(function* () {
    const day = options?.day ?? dayOf(yield* DateTime.now)
    return sha256(canonical(yield* Effect.orDie(resolve(policy)), day))
  })
