/** Reviewed plans: the steps and the ends that they show, and the age of each. */
import type { Change } from "@checkpoint-permissions/protocol/events"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as Record from "effect/Record"
import { isGrantedAfter } from "../plan/derive.ts"
import type { AccessPlan, CheckpointPlan, Difference, Review } from "../plan/model.ts"
import type { ResolvedEntry } from "../policy/model.ts"
import { activeOn, endsOf, resolve } from "../policy/resolve.ts"
import type { Known, ReviewedStep, Step } from "./model.ts"
import { accessOn, cellOf, keyOf, recordOf, stepsOf } from "./steps.ts"

/**
 * A plan of a pull request (`scope` of a base policy) or an approved plan (`due`, `everything`, or without a scope).
 */
export interface ReviewedPlan extends AccessPlan {
  /** The name of the pull request, or of the run of an approved plan. */
  readonly name?: string | undefined
  /** The approvals as a text, such as `approved by ann`. */
  readonly approvals?: string | undefined
}

/** Returns the review of a plan as a text, such as `reviewed in #3, approved by ann`. */
const sourceOf = ({ approvals, name, scope }: ReviewedPlan): { readonly source?: string } => {
  if (name === undefined) return {}
  const isApproved = scope === undefined || scope.due === true || scope.everything === true
  const source = `${isApproved ? "approved" : "reviewed"} in ${name}`
  return { source: approvals === undefined ? source : `${source}, ${approvals}` }
}

const isNewEntry = ({ before, key }: Difference): boolean => key === "mode" && before === undefined

/**
 * Returns the reviews of entries in plans of pull requests, each with the projects that have access after it. A new entry,
 * and one whose day moves back, has none. With an invalid base, every entry is new.
 */
export const reviewsIn = (plans: ReadonlyArray<ReviewedPlan>): ReadonlyArray<Review> =>
  plans.flatMap(({ approvals, day, name = "", policy, scope }) => {
    const entries = new Map(Either.getOrThrow(resolve(policy)).map((one) => [one.checkpoint, one]))
    const differences = scope?.differences ?? []
    const added = new Set(differences.filter(isNewEntry).map(({ checkpoint }) => checkpoint))
    return differences.flatMap(({ after, before, checkpoint, key }) => {
      const entry = entries.get(checkpoint)
      const isReview = key === "lastReview" && after != null && after <= day && after > (before ?? "")
      if (!isReview || entry === undefined || added.has(checkpoint)) return []
      const projects = [...activeOn(entry, day).keys()]
      return [
        { checkpoint, day: after, projects, pullRequest: name, ...(approvals === undefined ? {} : { approvals }) }
      ]
    })
  })

/** Returns the steps of plans, oldest plan first. */
export const shownIn = (plans: ReadonlyArray<ReviewedPlan>): ReadonlyArray<ReviewedStep> => {
  const steps = plans.flatMap((plan) =>
    plan.checkpoints.flatMap((one) => {
      const ends = endsOf(one.ends)
      const by = { plannedAt: one.readFrom ?? plan.createdAt, ...sourceOf(plan) }
      return stepsOf({ checkpoints: [one] }).map((step): ReviewedStep => {
        const until = step.permission === undefined ? { until: ends.get(step.project) ?? null } : {}
        return { ...step, ...until, ...by }
      })
    })
  )
  return Arr.sortWith(steps, ({ plannedAt }) => plannedAt, DateTime.Order)
}

/** Returns the plan of a checkpoint without the grants that the change of its pull request does not explain. */
export const explained = (one: CheckpointPlan): CheckpointPlan => ({
  ...one,
  grants: one.grants.filter((project) => one.unexplained?.includes(project) !== true)
})

/** Returns the newest of equal steps. */
export const newestOf = (steps: ReadonlyArray<ReviewedStep>) =>
  new Map(Arr.sortWith(steps, ({ plannedAt }) => plannedAt, DateTime.Order).map((step) => [keyOf(step), step]))

/** Changes in the audit log. A delete has the project and checkpoint of the event that created its permission. */
export type LogChange = Pick<Change, "action" | "at" | "checkpoint" | "project">

/** Returns a test that is true for a step whose project lost the access after a time. The log has whole seconds. */
export const lossesIn = (log: ReadonlyArray<LogChange>) => {
  const last = new Map<string, number>()
  for (const { action, at, checkpoint, project } of log) {
    if (action !== "revoke" || checkpoint === undefined || project === undefined) continue
    const cell = cellOf({ checkpoint, project })
    last.set(cell, Math.max(at, last.get(cell) ?? 0))
  }
  return (step: Step, since: DateTime.Utc): boolean =>
    (last.get(cellOf(step)) ?? 0) >= Math.floor(since.epochMillis / 1000)
}

/** The longest time that a listing hides a new permission, whose create event is older than the plan then. */
const longestLag = { hours: 1 }

/** Returns the time from which the log shows whether these grants were revoked since their plans. */
export const logFromOf = (grants: ReadonlyArray<ReviewedStep>): DateTime.Utc | undefined => {
  const [oldest] = Arr.sortWith(grants, ({ plannedAt }) => plannedAt, DateTime.Order)
  return oldest && DateTime.subtract(oldest.plannedAt, longestLag)
}

interface ReviewedEnd {
  readonly checkpoint: string
  readonly project: string | undefined
  readonly until: string | null
  readonly plannedAt: DateTime.Utc
}

/**
 * Returns the ends that reviews show, by checkpoint, oldest first. Without a `project`, an end is that of each project: a
 * change of the mode to `at-least` shows that none is enforced, and so does a new owner.
 */
const reviewedEnds = (plans: ReadonlyArray<ReviewedPlan>, { reviewed }: Known) => {
  const changed = plans.flatMap(({ createdAt: plannedAt, scope }) =>
    (scope?.differences ?? []).flatMap(({ after, checkpoint, key, project }): ReadonlyArray<ReviewedEnd> => {
      const end = { checkpoint, project, until: null, plannedAt }
      if (key === "until") return after === undefined ? [] : [{ ...end, until: after }]
      if (key === "mode") return after === "at-least" ? [end] : []
      return key === "owner" && after != null ? [{ ...end, project: after }] : []
    })
  )
  const own = plans.map((plan) => ({ ...plan, checkpoints: plan.checkpoints.map(explained) }))
  const granted = [...reviewed, ...shownIn(own)].flatMap(({ until, ...step }) =>
    until === undefined ? [] : [{ ...step, until }]
  )
  return Arr.groupBy(
    Arr.sortWith([...granted, ...changed], ({ plannedAt }) => plannedAt, DateTime.Order),
    ({ checkpoint }) => checkpoint
  )
}

/**
 * Returns the ends of a policy that differ from the recorded ones, and that no review shows. `before` is the end that
 * stays in the record: the newest reviewed one, or else the recorded one. An entry that was removed without a review has
 * no end any more. Of an entry that is new to the record, access
 * that was listed has no end by then. A first record has the ends of its policy. `left` are grants that are not made:
 * their ends are reviewed with them.
 */
export const unreviewedEnds = (
  { checkpoints, day, policy }: Pick<AccessPlan, "checkpoints" | "day" | "policy">,
  applied: Known | undefined,
  left: ReadonlyArray<Step>,
  plans: ReadonlyArray<ReviewedPlan> = []
): ReadonlyArray<Difference> => {
  if (applied === undefined || Object.keys(applied.access).length === 0) return []
  const reviewed = reviewedEnds(plans, applied)
  const read = new Set(checkpoints.map(({ checkpoint }) => checkpoint))
  const isLeft = new Set(left.map(cellOf))
  const entries = Either.getOrThrow(resolve(policy))
  const removed = plans.flatMap(({ scope }) => scope?.removed ?? [])
  const dropped = keptIn(applied, entries, removed).flatMap(([checkpoint, access]) =>
    Record.toEntries(access).flatMap(([project, before]): ReadonlyArray<Difference> => {
      return before === null ? [] : [{ checkpoint, project, key: "until", before, after: null }]
    })
  )
  const changed = entries.flatMap((entry) => {
    const { checkpoint } = entry
    const recorded = recordOf(applied, checkpoint) ?? {}
    return Array.from(accessOn(entry, recorded, day)).flatMap(([project, after]): ReadonlyArray<Difference> => {
      const isRecorded = Object.hasOwn(recorded, project)
      if (isLeft.has(cellOf({ checkpoint, project })) || !(isRecorded || read.has(checkpoint))) return []
      const newest = reviewed[checkpoint]?.findLast((one) => one.project === undefined || one.project === project)
      const before = newest === undefined ? (recorded[project] ?? null) : newest.until
      return before === after ? [] : [{ checkpoint, project, key: "until", before, after }]
    })
  })
  return [...changed, ...dropped]
}

/** Returns the keys of the revokes whose recorded end has passed. A permission that is younger than the end has none. */
export const endedIn = ({ checkpoints, day }: AccessPlan, applied: Known | undefined): ReadonlySet<string> =>
  new Set(
    checkpoints.flatMap(({ checkpoint, revokes }) =>
      revokes.flatMap(({ permission }) => {
        const { id, project_id: project } = permission
        const until = recordOf(applied, checkpoint)?.[project] ?? day
        const isEnded = until < day && !isGrantedAfter(permission, until)
        return isEnded ? [keyOf({ checkpoint, project, permission: id })] : []
      })
    )
  )

/** Returns the recorded entries with an end that are no longer in the policy, except those of a reviewed removal. */
export const keptIn = (
  applied: Known | undefined,
  entries: ReadonlyArray<Pick<ResolvedEntry, "checkpoint">>,
  removed: ReadonlyArray<string>
) => {
  const known = new Set<string>([...entries.map(({ checkpoint }) => checkpoint), ...removed])
  return Record.toEntries(applied?.access ?? {}).filter(
    ([checkpoint, projects]) => !known.has(checkpoint) && Object.values(projects).some((until) => until !== null)
  )
}

/** A plan is not applied after this time, in days: a system that keeps reviewed plans removes them. */
const planAge = { days: 90 }

/** Returns the times of the plans with grants that were applied, with those of now. */
export const usedAfter = (
  used: ReadonlyArray<DateTime.Utc> = [],
  plans: ReadonlyArray<Pick<AccessPlan, "counts" | "createdAt">>,
  now: DateTime.Utc
): ReadonlyArray<DateTime.Utc> => {
  const oldest = DateTime.subtract(now, planAge)
  const granting = plans.flatMap(({ counts, createdAt }) => (counts.grants === 0 ? [] : [createdAt]))
  const all = [...used, ...granting].filter(DateTime.greaterThan(oldest))
  return Arr.dedupeWith(all, DateTime.Equivalence)
}
