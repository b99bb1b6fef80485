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
 *
 * @since 0.1.0
 */
import { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import type { AccessStep } from "./AccessStep.ts"
import type { AppliedAccess, Known, Step } from "./internal/applied/model.ts"
import { dedupe, isDue, keyOf, only, recordOf, stepsOf, unfinishedIn, withListed } from "./internal/applied/steps.ts"
import { serverOf } from "./internal/json.ts"
import { isGrantedAfter } from "./internal/plan/derive.ts"
import type { AccessPlan, CheckpointPlan, PlanScope } from "./internal/plan/model.ts"
import type { AccessPolicy, InvalidPolicy, ResolvedEntry } from "./internal/policy/model.ts"
import { activeOn, resolve } from "./internal/policy/resolve.ts"

export { AppliedAccess, empty, fromJson, type Known, Step, toJson } from "./internal/applied/model.ts"
export { keyOf, stepsOf } from "./internal/applied/steps.ts"

/**
 * The steps of a plan that an apply may make, and those that it leaves out.
 *
 * @category models
 */
export interface Selected {
  /** The plan of the steps to make. Its checkpoints list the others as `left`. */
  readonly plan: AccessPlan
  /** Every step that a review or an earlier apply knows, also those that are no longer needed. */
  readonly reviewed: ReadonlyArray<Step>
  /** Due steps that no review showed. */
  readonly unreviewed: ReadonlyArray<Step>
  /** Steps that would undo a change by hand. */
  readonly byHand: ReadonlyArray<Step>
}

/** Returns true if an entry asks for other access on a day than the record has. */
const differs = (entry: ResolvedEntry, applied: Known | undefined, day: string): boolean => {
  const access = recordOf(applied, entry.checkpoint)
  if (access === undefined) return true
  const wanted = activeOn(entry, day)
  return (
    [...wanted].some(([project, until]) => !Object.hasOwn(access, project) || access[project] !== until) ||
    (entry.mode === "exact" &&
      Object.keys(access).some((project) => ![...wanted.keys()].some((one) => one === project)))
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

/**
 * Returns a plan with only its due steps, for an approval.
 *
 * @category steps
 */
export const due = (plan: AccessPlan, applied: Known): AccessPlan => {
  const known = withListed(applied, plan)
  const { scope, ...rest } = only(plan, known, (step) => isDue(known, step))
  return { ...rest, scope: { entries: 0, changed: [], removed: [], ...scope, due: true } }
}

/**
 * Returns a plan of the whole policy with every step, for an approval. Steps that undo a change by hand are its `byHand`.
 *
 * @category steps
 */
export const everything = (plan: AccessPlan, applied: Known): AccessPlan => {
  const { scope: _, ...whole } = only(plan, withListed(applied, plan), () => true)
  return whole
}

/** Returns the keys of the revokes whose recorded end has passed. A permission that is younger than the end has none. */
const endedIn = ({ checkpoints, day }: AccessPlan, applied: Known | undefined): ReadonlySet<string> =>
  new Set(
    checkpoints.flatMap(({ checkpoint, revokes }) =>
      revokes.flatMap(({ permission, reason }) => {
        const { id, project_id: project } = permission
        const until = recordOf(applied, checkpoint)?.[project] ?? day
        const isEnded = reason === "ended" && until < day && !isGrantedAfter(permission, until)
        return isEnded ? [keyOf({ checkpoint, project, permission: id })] : []
      })
    )
  )

/**
 * Returns the steps of a plan that may be made even if they are not due: those of the whole policy, or of a pull request
 * without grants that undo a change by hand.
 */
const explainedIn = ({ checkpoints, scope }: AccessPlan): Pick<AccessPlan, "checkpoints"> => {
  if (scope === undefined) return { checkpoints }
  const isExplained = ({ byHand }: CheckpointPlan, project: string) => byHand?.some((one) => one === project) !== true
  return {
    checkpoints: checkpoints.flatMap((one) =>
      scope.due === true ? [] : [{ ...one, grants: one.grants.filter((project) => isExplained(one, project)) }]
    )
  }
}

/**
 * Selects the steps that an apply may make. A step of a pull request's plan, and a step that an earlier apply did not
 * finish, may be made. A grant that only undoes a change by hand may not. A due step of an approved plan may be made,
 * and each step of an approved plan of the whole policy. Access whose recorded end has passed needs no review.
 *
 * `reviewed` are plans of pull requests (`scope` of a base policy), and approved plans (`due`, or of the whole policy).
 *
 * @category steps
 */
export const select = (
  plan: AccessPlan,
  { reviewed, ...record }: { readonly applied?: Known | undefined; readonly reviewed: ReadonlyArray<AccessPlan> }
): Selected => {
  const applied = withListed(record.applied, plan)
  const keysOf = (plans: ReadonlyArray<Pick<AccessPlan, "checkpoints">>) => new Set(plans.flatMap(stepsOf).map(keyOf))
  const shown = keysOf(reviewed)
  const explained = keysOf(reviewed.map(explainedIn))
  const unfinished = new Set(applied?.reviewed.map(keyOf))
  const ended = endedIn(plan, applied)
  const isKept = (step: Step): boolean => {
    const key = keyOf(step)
    if (unfinished.has(key) || explained.has(key)) return true
    return isDue(applied, step) && (shown.has(key) || ended.has(key))
  }
  const left = stepsOf(plan).filter((step) => !isKept(step))
  const [byHand, unreviewed] = Arr.partition(left, (step) => isDue(applied, step))
  const mayBeMade = (step: Step): boolean => explained.has(keyOf(step)) || isDue(applied, step)
  const known = dedupe([...(applied?.reviewed ?? []), ...reviewed.flatMap(stepsOf).filter(mayBeMade)])
  return { plan: only(plan, applied, isKept), reviewed: known, unreviewed, byHand }
}

/**
 * Returns the record after the finished steps of an apply of the selected plan. Without `former`, the record is new.
 *
 * A project with a due step that was not finished stays as recorded before; at an entry without a record, as it was
 * listed. Every other project of an entry that was read is recorded as the policy asks, even if a change by hand differs.
 *
 * @category constructors
 */
export const after = (
  former: Known | undefined,
  { plan, reviewed, unreviewed }: Selected,
  steps: ReadonlyArray<AccessStep>
): AppliedAccess => {
  const applied = withListed(former, plan)
  const entries = Either.getOrThrow(resolve(plan.policy))
  const read = new Map(plan.checkpoints.map((one) => [one.checkpoint, one]))
  const notPlanned = [...plan.unread, ...(plan.leftOut ?? []), ...(plan.gone ?? [])]
  const unread = new Set<string>(notPlanned.map(({ checkpoint }) => checkpoint))
  const undone = unfinishedIn(plan, steps)
  const open = [...undone, ...unreviewed].filter((step) => isDue(applied, step))
  const known = new Set(reviewed.map(keyOf))

  const accessTo = (entry: ResolvedEntry, { checkpoint, found }: CheckpointPlan) => {
    const listed = Object.fromEntries(found.map(({ project_id }) => [project_id, null]))
    const before = new Map(Object.entries(recordOf(applied, checkpoint) ?? listed))
    const isOpen = new Set<string>(open.flatMap((step) => (step.checkpoint === checkpoint ? [step.project] : [])))
    const wanted = new Map<string, string | null>(activeOn(entry, plan.day))
    const others = entry.mode === "at-least" ? [...Object.entries(listed), ...before] : []
    return Object.fromEntries([
      ...[...others, ...wanted].filter(([project]) => !isOpen.has(project)),
      ...[...before].filter(([project]) => isOpen.has(project))
    ])
  }

  const access = entries.flatMap((entry) => {
    const planned = read.get(entry.checkpoint)
    const now = planned === undefined ? recordOf(applied, entry.checkpoint) : accessTo(entry, planned)
    return now === undefined ? [] : [[entry.checkpoint, now] as const]
  })
  return {
    format: "checkpoint-permissions/applied",
    version: 1,
    ...serverOf(plan),
    at: plan.createdAt,
    ...(applied?.commit === undefined ? {} : { commit: applied.commit }),
    access: Object.fromEntries(access),
    reviewed: dedupe([
      ...undone.filter((step) => known.has(keyOf(step))),
      ...reviewed.filter(({ checkpoint }) => unread.has(checkpoint))
    ]),
    left: dedupe([...unreviewed, ...(applied?.left ?? []).filter(({ checkpoint }) => unread.has(checkpoint))])
  }
}
