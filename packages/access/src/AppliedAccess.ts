/**
 * The access that a pipeline applied: a record that decides which steps of a plan are due, and which would undo a change
 * by hand. It never replaces a read: the server is listed each time, and without a record every step is due.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { AccessPolicy, AppliedAccess } from "@checkpoint-permissions/access"
 * import { Effect, Either } from "effect"
 *
 * const policy = Effect.runSync(
 *   AccessPolicy.parse(`
 *     version: 1
 *     checkpoints:
 *       "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd": { projects: [proj_a] }
 *   `)
 * )
 * // a first apply: no entry is recorded, so each is planned
 * const scope = AppliedAccess.scopeOf(policy, { applied: AppliedAccess.empty, reviewed: [], day: "2027-01-31" })
 * assert.equal(Either.getOrThrow(scope).changed.length, 1)
 * ```
 */
import { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import * as Arr from "effect/Array"
import type * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import type { AccessStep } from "./AccessStep.ts"
import type { AppliedAccess, Known, ReviewedStep, Step } from "./internal/applied/model.ts"
import {
  endedIn,
  explained as explainedAt,
  keptIn,
  type LogChange,
  logFromOf,
  lossesIn,
  newestOf,
  type ReviewedPlan,
  reviewsIn,
  shownIn,
  unreviewedEnds,
  usedAfter
} from "./internal/applied/reviews.ts"
import {
  accessOn,
  cellOf,
  dedupe,
  isDue,
  isNeverRevoked,
  keyOf,
  only,
  recordOf,
  stepsOf,
  unfinishedIn,
  withListed
} from "./internal/applied/steps.ts"
import { serverOf } from "./internal/json.ts"
import type { AccessPlan, CheckpointPlan, Difference, PlanScope, Review } from "./internal/plan/model.ts"
import type { AccessPolicy, InvalidPolicy, ResolvedEntry } from "./internal/policy/model.ts"
import { activeOn, resolve } from "./internal/policy/resolve.ts"

export { readLog } from "./internal/applied/log.ts"
export { AppliedAccess, empty, fromJson, type Known, ReviewedStep, Step, toJson } from "./internal/applied/model.ts"
export type { LogChange, ReviewedPlan } from "./internal/applied/reviews.ts"
export { keyOf, stepsOf } from "./internal/applied/steps.ts"

/** The steps of a plan that an apply may make, and those that it leaves out. */
export interface Selected {
  /** The plan of the steps to make. Its checkpoints list the others as `left`. */
  readonly plan: AccessPlan
  /** Every step that a review or an earlier apply knows, also those that are no longer needed. */
  readonly reviewed: ReadonlyArray<ReviewedStep>
  /** Due steps that no review showed. */
  readonly unreviewed: ReadonlyArray<Step>
  /** Steps that would undo a change by hand. */
  readonly byHand: ReadonlyArray<Step>
  /** Reviewed grants that are left out: the project lost this access after the newest plan that shows the grant. */
  readonly revokedSince: ReadonlyArray<Step>
  /** Ends of access that no review showed. The record keeps the one `before`. */
  readonly ends: ReadonlyArray<Difference>
  /** The time from which the audit log is to be read, to check the reviewed grants. Missing without one. */
  readonly logFrom?: DateTime.Utc | undefined
  /** The times at which the plans were made that the record names as applied. */
  readonly used: ReadonlyArray<DateTime.Utc>
  /** The entries that a reviewed plan shows as no longer in the policy. */
  readonly removed: ReadonlyArray<CheckpointId>
  /** The reviews of entries in the reviewed plans, also of those without a step. */
  readonly reviews: ReadonlyArray<Review>
}

/** Returns true if an entry asks for other access on a day than the record has. */
const differs = (entry: ResolvedEntry, applied: Known | undefined, day: string): boolean => {
  const access = recordOf(applied, entry.checkpoint)
  if (access === undefined) return true
  const wanted = accessOn(entry, access, day)
  return (
    wanted.size !== Object.keys(access).length ||
    [...wanted].some(([project, until]) => !Object.hasOwn(access, project) || access[project] !== until)
  )
}

/**
 * Returns the part of a policy that an apply plans: entries that differ from the record, and entries of reviewed plans
 * and steps. A plan of the whole policy covers every entry. Without a record, only the entries of the plans.
 *
 * Fails for an invalid policy that was made in code.
 *
 * @category constructors
 */
export const scopeOf = (
  policy: AccessPolicy,
  {
    applied,
    day,
    reviewed
  }: {
    readonly applied?: Known | undefined
    readonly reviewed: ReadonlyArray<Pick<AccessPlan, "scope">>
    /** The current day in UTC, such as `2027-01-31`. */
    readonly day: string
  }
): Either.Either<PlanScope, InvalidPolicy> =>
  Either.map(resolve(policy), (entries) => {
    const ids = entries.map(({ checkpoint }) => checkpoint)
    const named = new Set<string>([
      ...(applied?.reviewed.map(({ checkpoint }) => checkpoint) ?? []),
      ...reviewed.flatMap(({ scope }) => scope?.changed ?? ids)
    ])
    const isCovered = (entry: ResolvedEntry) =>
      named.has(entry.checkpoint) || (applied !== undefined && differs(entry, applied, day))
    return {
      entries: entries.length,
      changed: entries.filter(isCovered).map(({ checkpoint }) => checkpoint),
      removed: Object.keys(applied?.access ?? {})
        .filter((id) => !ids.some((one) => one === id))
        .map((id) => CheckpointId.make(id))
    }
  })

/** Returns the scope of a plan for an approval, with the ends that differ from the record. */
const approvedScope = (
  plan: AccessPlan,
  applied: Known | undefined,
  kind: Pick<PlanScope, "due" | "everything">
): PlanScope => {
  const left = stepsOf(plan).filter((step) => isDue(applied, step))
  const ends = unreviewedEnds(plan, applied, left)
  const changed = plan.checkpoints.map(({ checkpoint }) => checkpoint)
  const { differences: _, ...scope } = plan.scope ?? { entries: plan.counts.checkpoints, changed, removed: [] }
  return { ...scope, ...(ends.length === 0 ? {} : { differences: ends }), ...kind }
}

/**
 * Returns a plan with only its due steps, for an approval. Its differences are the ends that differ from the record.
 *
 * @category steps
 */
export const due = (plan: AccessPlan, applied: Known): AccessPlan => {
  const known = withListed(applied, plan)
  const scope = approvedScope(plan, known, { due: true })
  return { ...only(plan, known, (step) => isDue(known, step)), scope }
}

/**
 * Returns a plan of the whole policy with every step, for an approval. Steps that undo a change by hand are its `byHand`,
 * and its differences are the ends that differ from the record.
 *
 * @category steps
 */
export const everything = (plan: AccessPlan, applied: Known): AccessPlan => {
  const known = withListed(applied, plan)
  return { ...only(plan, known, () => true), scope: approvedScope(plan, known, { everything: true }) }
}

/**
 * Returns the steps of a plan that may be made even if they are not due: those of the whole policy, or of a pull request
 * without grants that its change does not explain.
 */
const explainedIn = ({ checkpoints, scope }: AccessPlan): Pick<AccessPlan, "checkpoints"> => {
  if (scope === undefined || scope.everything === true) return { checkpoints }
  if (scope.due === true || scope.invalidBase === true) return { checkpoints: [] }
  return { checkpoints: checkpoints.map(explainedAt) }
}

/**
 * Selects the steps that an apply may make. A step of a pull request's plan, and a step that an earlier apply did not
 * finish, may be made. A grant that only undoes a change by hand may not. A due step of an approved plan may be made,
 * and each step of an approved plan of the whole policy. Access whose recorded end has passed needs no review.
 *
 * A reviewed grant is left out if `log` shows that the project lost this access after the newest plan that shows the
 * grant. Without `log`, grants of plans that were applied before are left out, except unfinished ones.
 *
 * `reviewed` are plans of pull requests (`scope` of a base policy), and approved plans (`due`, or of the whole policy).
 *
 * @category steps
 */
export const select = (
  plan: AccessPlan,
  {
    log,
    reviewed,
    ...record
  }: {
    readonly applied?: Known | undefined
    readonly reviewed: ReadonlyArray<ReviewedPlan>
    /** The changes in the audit log from `logFrom` on. Default: not read. */
    readonly log?: ReadonlyArray<LogChange> | undefined
  }
): Selected => {
  const applied = withListed(record.applied, plan)
  const keysOf = (plans: ReadonlyArray<Pick<AccessPlan, "checkpoints">>) => new Set(plans.flatMap(stepsOf).map(keyOf))
  const explained = keysOf(reviewed.map(explainedIn))
  const shown = newestOf([...(applied?.reviewed ?? []), ...shownIn(reviewed)])
  const unfinished = new Set(applied?.reviewed.map(keyOf))
  const inPlans = keysOf(reviewed)
  const ended = endedIn(plan, applied)
  const isKept = (step: Step): boolean => {
    const key = keyOf(step)
    if (unfinished.has(key) || explained.has(key)) return true
    return isDue(applied, step) && (inPlans.has(key) || ended.has(key))
  }

  const isUsed = ({ createdAt }: ReviewedPlan) =>
    applied?.used?.some(({ epochMillis }) => epochMillis === createdAt.epochMillis) === true
  const unused = keysOf(reviewed.filter((plan) => !isUsed(plan)))
  const isLost = log && lossesIn(log)
  const isRevokedSince = (step: Step): boolean => {
    const key = keyOf(step)
    const by = shown.get(key)
    if (step.permission !== undefined || by === undefined || !isKept(step)) return false
    return isLost === undefined ? !unused.has(key) && !unfinished.has(key) : isLost(step, by.plannedAt)
  }

  const all = stepsOf(plan)
  const revokedSince = all.filter(isRevokedSince)
  const left = all.filter((step) => !isKept(step))
  const [byHand, unreviewed] = Arr.partition(left, (step) => isDue(applied, step))
  const mayBeMade = (step: Step): boolean =>
    !isRevokedSince(step) && (unfinished.has(keyOf(step)) || explained.has(keyOf(step)) || isDue(applied, step))
  const grants = all.flatMap((step) => {
    const by = step.permission === undefined && isKept(step) ? shown.get(keyOf(step)) : undefined
    return by === undefined ? [] : [by]
  })
  return {
    plan: only(plan, applied, (step) => isKept(step) && !isRevokedSince(step), isRevokedSince),
    reviewed: [...shown.values()].filter(mayBeMade),
    unreviewed,
    byHand,
    revokedSince,
    ends: unreviewedEnds(plan, applied, [...unreviewed, ...revokedSince], reviewed),
    logFrom: logFromOf(grants),
    used: usedAfter(applied?.used, reviewed, plan.createdAt),
    removed: reviewed.flatMap(({ scope }) => scope?.removed ?? []),
    reviews: reviewsIn(reviewed)
  }
}

/**
 * Returns the record after the finished steps of an apply of the selected plan. Without `former`, the record is new.
 *
 * A project with a due step that was not finished stays as recorded before; at an entry without a record, as it was
 * listed. Every other project of an entry that was read is recorded as the policy asks, even if a change by hand differs.
 * Of the projects that no plan revokes, in the mode `at-least` and as the owner, it has those that are listed.
 * An end that no review showed is not recorded. An entry with ends that was removed without a review stays recorded.
 *
 * @category constructors
 */
export const after = (
  former: Known | undefined,
  { ends, plan, removed, reviewed, reviews, revokedSince, unreviewed, used }: Selected,
  steps: ReadonlyArray<AccessStep>
): AppliedAccess => {
  const applied = withListed(former, plan)
  const entries = Either.getOrThrow(resolve(plan.policy))
  const read = new Map(plan.checkpoints.map((one) => [one.checkpoint, one]))
  const notRead = [...plan.unread, ...(plan.leftOut ?? [])]
  const unread = new Set<string>(notRead.map(({ checkpoint }) => checkpoint))
  const undone = unfinishedIn(plan, steps)
  const open = [...undone, ...unreviewed, ...revokedSince].filter((step) => isDue(applied, step))
  const unfinished = new Set(undone.map(keyOf))
  const kept = new Map(ends.map((end) => [cellOf(end), end.before ?? null]))

  /** Returns the projects of an entry with access, each with the end to record. */
  const wantedAt = (entry: ResolvedEntry): ReadonlyMap<string, string | null> =>
    new Map(
      Array.from(accessOn(entry, recordOf(applied, entry.checkpoint) ?? {}, plan.day), ([project, until]) => {
        const end = kept.get(cellOf({ checkpoint: entry.checkpoint, project }))
        return [project, end === undefined ? until : end]
      })
    )

  const accessTo = (entry: ResolvedEntry, { checkpoint, found }: CheckpointPlan) => {
    const listed = Object.fromEntries(found.map(({ project_id }) => [project_id, null]))
    const before = new Map(Object.entries(recordOf(applied, checkpoint) ?? listed))
    const isOpen = new Set<string>(open.flatMap((step) => (step.checkpoint === checkpoint ? [step.project] : [])))
    const others = Object.entries(listed).filter(([project]) => isNeverRevoked(entry, project))
    const known = new Set<string>([...Object.keys(listed), ...activeOn(entry, plan.day).keys()])
    const isKnown = (project: string) => known.has(project) || !isNeverRevoked(entry, project)
    return Object.fromEntries([
      ...[...others, ...wantedAt(entry)].filter(([project]) => !isOpen.has(project) && isKnown(project)),
      ...[...before].filter(([project]) => isOpen.has(project))
    ])
  }

  /** Returns the recorded access to an entry that was not read, with the ends that a review showed. */
  const recordedAt = (entry: ResolvedEntry) => {
    const wanted = wantedAt(entry)
    const recorded = Object.entries(recordOf(applied, entry.checkpoint) ?? {})
    return Object.fromEntries(
      recorded.map(([project, until]) => [project, wanted.has(project) ? (wanted.get(project) ?? null) : until])
    )
  }

  const access = entries.flatMap((entry) => {
    const planned = read.get(entry.checkpoint)
    if (planned === undefined && recordOf(applied, entry.checkpoint) === undefined) return []
    return [[entry.checkpoint, planned === undefined ? recordedAt(entry) : accessTo(entry, planned)] as const]
  })
  return {
    format: "checkpoint-permissions/applied",
    version: 1,
    ...serverOf(plan),
    at: plan.createdAt,
    ...(applied?.commit === undefined ? {} : { commit: applied.commit }),
    access: Object.fromEntries([...keptIn(applied, entries, removed), ...access]),
    reviewed: reviewed.filter((step) => unfinished.has(keyOf(step)) || unread.has(step.checkpoint)),
    left: dedupe([
      ...[...unreviewed, ...revokedSince, ...ends],
      ...(applied?.left ?? []).filter(({ checkpoint }) => unread.has(checkpoint))
    ]),
    ...(used.length === 0 ? {} : { used }),
    ...(reviews.length === 0 ? {} : { reviews })
  }
}
