import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as Order from "effect/Order"
import { fileOfSource } from "../policy/check.ts"
import type { AccessPolicy, Diagnostic, InvalidPolicy, ResolvedEntry, Source } from "../policy/entry.ts"
import { pathText } from "../policy/issues.ts"
import { activeOn, dayOf, resolve } from "../policy/resolve.ts"

/** A policy's entry, and the time of its next review. */
export interface Review extends ResolvedEntry {
  /** The projects with access on the day, each with its last day, or `null` without one. */
  readonly access: ReadonlyMap<ProjectId, string | null>
  /** The first day on which the entry is due. Missing without `reviewEvery`, and if it was not reviewed by the day. */
  readonly dueSince?: string
  readonly isDue: boolean
}

/**
 * Returns every entry of a policy on a day, such as `2027-01-31`, in UTC: the most overdue first, those without a review
 * before all others. An entry is due from `reviewEvery` after its last review on, or immediately if it has none by that
 * day. Without `reviewEvery`, none is due.
 *
 * Fails for an invalid policy that was made in code.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { AccessPolicy, AccessReview } from "@checkpoint-permissions/access"
 * import { Effect } from "effect"
 *
 * const policy = AccessPolicy.parse(`
 *   version: 1
 *   reviewEvery: 90d
 *   checkpoints:
 *     "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd": { lastReview: 2026-11-30, projects: [proj_a] }
 * `)
 * const [review] = Effect.runSync(Effect.flatMap(policy, (read) => AccessReview.entries(read, "2027-03-01")))
 * assert.deepEqual([review?.dueSince, review?.isDue], ["2027-02-28", true])
 * ```
 *
 * @category reviews
 */
export const entries = (policy: AccessPolicy, day: string): Either.Either<ReadonlyArray<Review>, InvalidPolicy> =>
  Either.map(resolve(policy), (resolved) => {
    const reviews = resolved.map((entry): Review => {
      const { lastReview = "", reviewEvery } = entry
      const access = activeOn(entry, day)
      if (reviewEvery === undefined) return { ...entry, access, isDue: false }
      if (lastReview === "" || lastReview > day) return { ...entry, access, isDue: true }
      const days = Number.parseInt(reviewEvery, 10)
      const dueSince = dayOf(DateTime.add(DateTime.unsafeMake(lastReview), { days }))
      return { ...entry, access, dueSince, isDue: dueSince <= day }
    })
    return Arr.sortWith(reviews, ({ dueSince = "" }) => dueSince, Order.string)
  })

/**
 * Returns a diagnostic for each last review after a day. It does not count, so its entry is due.
 *
 * @category errors
 */
export const futureReviews = (sources: ReadonlyArray<Source>, day: string): ReadonlyArray<Diagnostic> =>
  sources.map(fileOfSource).flatMap(({ file, locate, policy }) => {
    const own = Object.entries(policy?.checkpoints ?? {}).map(
      ([checkpoint, { lastReview }]) => [["checkpoints", checkpoint, "lastReview"], lastReview] as const
    )
    return [[["lastReview"], policy?.lastReview] as const, ...own].flatMap(([path, lastReview = ""]) => {
      const what = path.length === 1 ? "every entry without its own" : "the entry"
      const message = `lastReview ${lastReview} is after today, ${day}: it does not count, so ${what} is due`
      return lastReview > day ? [{ file, ...locate(path, "value"), path: pathText(path), message }] : []
    })
  })
