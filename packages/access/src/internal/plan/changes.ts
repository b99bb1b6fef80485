import * as Arr from "effect/Array"
import * as Order from "effect/Order"
import type { ResolvedEntry } from "../policy/entry.ts"
import { activeOn } from "../policy/resolve.ts"
import type { Difference } from "./steps.ts"

const reasonsOf = ({ ends = [] }: ResolvedEntry): ReadonlyMap<string, string | undefined> =>
  new Map(ends.flatMap(({ ignored, project, reason }) => (ignored === true ? [] : [[project, reason] as const])))

/** Returns the differences of an entry. A removed one has one only: what it asked for is not required any more. */
const between = (
  checkpoint: Difference["checkpoint"],
  former: ResolvedEntry | undefined,
  entry: ResolvedEntry | undefined
): ReadonlyArray<Difference> => {
  const of = (
    key: Difference["key"],
    before: string | null | undefined,
    after: string | null | undefined,
    project?: Difference["project"]
  ): ReadonlyArray<Difference> =>
    before === after
      ? []
      : [
          {
            checkpoint,
            ...(project === undefined ? {} : { project }),
            key,
            ...(key === "until" && after === undefined && entry?.mode === "at-least" ? { stays: true as const } : {}),
            ...(before === undefined ? {} : { before }),
            ...(after === undefined ? {} : { after })
          }
        ]
  const mode = of("mode", former?.mode, entry?.mode)
  if (entry === undefined) return mode
  const [before, after] = [former === undefined ? new Map<never, never>() : activeOn(former), activeOn(entry)]
  const [reasons, newReasons] = [former && reasonsOf(former), reasonsOf(entry)]
  const projects = new Set([...before.keys(), ...after.keys()])
  return [
    ...[...projects].flatMap((project) => of("until", before.get(project), after.get(project), project)),
    ...mode,
    ...of("owner", former?.owner, entry.owner),
    ...[...projects].flatMap((project) => of("reason", reasons?.get(project), newReasons.get(project), project)),
    ...of("lastReview", former?.lastReview, entry.lastReview),
    ...of("reviewEvery", former?.reviewEvery, entry.reviewEvery)
  ]
}

/**
 * Returns true if a difference gives access, or keeps access that would end: a project that is listed, a later end, or
 * a mode that stops revoking. A removed entry revokes nothing either.
 *
 * @category predicates
 */
export const givesAccess = ({ after, before, key }: Difference): boolean => {
  if (key === "mode") return before === "exact" && after !== "exact"
  if (key !== "until" || after === undefined) return false
  return after === null || before === undefined || (before !== null && before < after)
}

/** Returns the differences in meaning between the entries of two policies. Those that give access are first. */
export const differencesOf = (
  former: ReadonlyArray<ResolvedEntry>,
  entries: ReadonlyArray<ResolvedEntry>
): ReadonlyArray<Difference> => {
  const [before, after] = [former, entries].map((all) => new Map(all.map((one) => [one.checkpoint, one])))
  const ids = new Set([...entries, ...former].map(({ checkpoint }) => checkpoint))
  const all = [...ids].flatMap((id) => between(id, before?.get(id), after?.get(id)))
  return Arr.sortWith(all, (one) => !givesAccess(one), Order.boolean)
}
