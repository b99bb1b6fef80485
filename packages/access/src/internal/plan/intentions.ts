/**
 * The intentions of a policy for its cells, and the commits that changed them. A cell is a project at a checkpoint. Pure
 * functions over policies and times, without git.
 */
import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import type { AccessPolicy, InvalidPolicy, ResolvedEntry } from "../policy/entry.ts"
import { activeOn, dayOf, endedBy, resolve } from "../policy/resolve.ts"
import type { Commit, PlanScope } from "./steps.ts"

/** A commit with the policy at it. A missing or invalid policy is `undefined`, and the commit is skipped. */
export interface PolicyCommit extends Commit {
  readonly policy: AccessPolicy | undefined
}

/** The cells of one checkpoint whose intention a commit changed. */
interface Changed {
  readonly commit: Commit
  readonly projects: ReadonlySet<string>
  /** True if the intention of every project changed that neither policy names. */
  readonly others: boolean
  readonly named: ReadonlySet<string>
}

/** The commits of a policy, and the cells that each of them changed. */
export interface AccessChanges {
  /** The policy at the beginning of the commits. Missing if it cannot be compared with anything. */
  readonly base?: PolicyCommit & { readonly policy: AccessPolicy }
  readonly head: Commit
  readonly policy: AccessPolicy
  /** By checkpoint, oldest first. */
  readonly changed: ReadonlyMap<string, ReadonlyArray<Changed>>
}

type Intentions = (project?: ProjectId) => "access" | "no access" | "nothing"

/** Returns the intention of an entry for each project on a day. No project means one that the entry does not name. */
const intentionsOf = (entry: ResolvedEntry | undefined, day: string): Intentions => {
  const active: ReadonlyMap<ProjectId | undefined, unknown> = entry === undefined ? new Map() : activeOn(entry, day)
  return (project) => {
    if (entry === undefined || (project !== undefined && project === entry.owner)) return "nothing"
    if (active.has(project)) return "access"
    return entry.mode === "exact" ? "no access" : "nothing"
  }
}

const namesIn = (entry: ResolvedEntry | undefined): ReadonlyArray<ProjectId> =>
  entry === undefined ? [] : [...entry.projects, ...(entry.owner === undefined ? [] : [entry.owner])]

const changedBy = (
  commit: Commit,
  before: ResolvedEntry | undefined,
  after: ResolvedEntry | undefined
): ReadonlyArray<Changed> => {
  const day = dayOf(commit.at)
  const [former, current] = [before, after].map((entry) => intentionsOf(entry, day))
  const differs = (project?: ProjectId) => former?.(project) !== current?.(project)
  const named = new Set([...namesIn(before), ...namesIn(after)])
  const projects = new Set([...named].filter(differs))
  const others = differs()
  return projects.size > 0 || others ? [{ commit, projects, others, named }] : []
}

/**
 * Returns the cells whose intention the commits after `base` changed, oldest commit first. Each commit is compared with
 * the last one before it that has a policy, on the commit's day. `base` is missing if the commits before are unknown.
 *
 * Fails for an invalid policy that was made in code.
 *
 * @category constructors
 */
export const make = (options: {
  readonly base?: PolicyCommit | undefined
  readonly commits: ReadonlyArray<PolicyCommit>
  readonly head: Commit
  readonly policy: AccessPolicy
}): Either.Either<AccessChanges, InvalidPolicy> =>
  Either.gen(function* () {
    const { base, commits, head, policy } = options
    const changed = new Map<string, ReadonlyArray<Changed>>()
    if (base?.policy === undefined) return { head, policy, changed }
    const entriesOf = (policy: AccessPolicy) =>
      Either.map(resolve(policy), (all) => new Map(all.map((one) => [one.checkpoint, one])))
    let former = yield* entriesOf(base.policy)
    for (const { policy, ...commit } of commits) {
      if (policy === undefined) continue
      const current = yield* entriesOf(policy)
      for (const checkpoint of new Set([...former.keys(), ...current.keys()])) {
        const found = changedBy(commit, former.get(checkpoint), current.get(checkpoint))
        if (found.length > 0) changed.set(checkpoint, [...(changed.get(checkpoint) ?? []), ...found])
      }
      former = current
    }
    return { base: { ...base, policy: base.policy }, head, policy, changed }
  })

/** Returns the cells whose intention differs between two policies on the day of a time. */
export const changesBetween = (base: AccessPolicy, policy: AccessPolicy, at: DateTime.Utc) => {
  const head: PolicyCommit = { id: "", at, subject: "", policy }
  return make({ base: { ...head, policy: base }, commits: [head], head, policy })
}

/**
 * Returns the last commit that changed the intention for a project at a checkpoint, if one did.
 *
 * @category questions
 */
export const commitOf = (
  { changed }: Pick<AccessChanges, "changed">,
  checkpoint: string,
  project: string
): Commit | undefined =>
  changed
    .get(checkpoint)
    ?.findLast(({ named, others, projects }) => projects.has(project) || (others && !named.has(project)))?.commit

/**
 * Returns the part of the policy that an apply of the commits reads: entries with a changed cell, entries with an access
 * that has ended by a day, and the `others`.
 *
 * Fails for an invalid policy that was made in code.
 *
 * @category constructors
 */
export const scopeOf = (
  changes: AccessChanges,
  day: string,
  others: Iterable<string> = []
): Either.Either<Pick<PlanScope, "changed" | "entries">, InvalidPolicy> =>
  Either.map(resolve(changes.policy), (entries) => {
    const wanted = new Set([...changes.changed.keys(), ...others])
    const isRead = ({ checkpoint, ends }: ResolvedEntry) => wanted.has(checkpoint) || endedBy(ends, day).size > 0
    return { entries: entries.length, changed: entries.filter(isRead).map(({ checkpoint }) => checkpoint) }
  })
