/** Steps of a plan: their identity, whether they are due, and their outcome in an apply. */
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Arr from "effect/Array"
import * as Record from "effect/Record"
import type { AccessStep } from "../../AccessStep.ts"
import { countsOf } from "../plan/derive.ts"
import type { AccessPlan, CheckpointPlan, Difference } from "../plan/model.ts"
import type { ResolvedEntry } from "../policy/model.ts"
import { activeOn } from "../policy/resolve.ts"
import type { Known, Step } from "./model.ts"

/**
 * Returns the steps of a plan.
 *
 * @category steps
 */
export const stepsOf = ({ checkpoints }: Pick<AccessPlan, "checkpoints">): ReadonlyArray<Step> =>
  checkpoints.flatMap(({ checkpoint, grants, revokes }) => [
    ...grants.map((project) => ({ checkpoint, project })),
    ...revokes.map(({ permission: { id, project_id } }) => ({ checkpoint, project: project_id, permission: id }))
  ])

/**
 * Returns equal text for equal steps, and for equal changes of an end.
 *
 * @category steps
 */
export const keyOf = (step: Step | Difference): string =>
  JSON.stringify(
    "key" in step
      ? [step.checkpoint, step.project, step.key, step.after]
      : [step.checkpoint, step.project, step.permission]
  )

export const cellOf = ({ checkpoint, project }: { readonly checkpoint: string; readonly project?: string }): string =>
  JSON.stringify([checkpoint, project])

export const recordOf = (applied: Known | undefined, checkpoint: CheckpointId) =>
  applied !== undefined && Object.hasOwn(applied.access, checkpoint) ? applied.access[checkpoint] : undefined

/** Returns true if no plan revokes the access of a project: in the mode `at-least`, and of the owner. */
export const isNeverRevoked = ({ mode, owner }: ResolvedEntry, project: string): boolean =>
  mode === "at-least" || project === owner

/**
 * Returns the projects with access to an entry on a day, each with its end. A recorded project that no plan revokes has
 * none. No plan grants the owner access, so it has only what is recorded.
 */
export const accessOn = (
  entry: ResolvedEntry,
  recorded: Readonly<Record<ProjectId, string | null>>,
  day: string
): ReadonlyMap<ProjectId, string | null> => {
  const kept = Record.keys(recorded).filter((project) => isNeverRevoked(entry, project))
  const granted = [...activeOn(entry, day)].filter(([project]) => project !== entry.owner)
  return new Map([...kept.map((project) => [project, null] as const), ...granted])
}

/**
 * Returns a record with the unfinished reviewed revokes that a plan's listings show as made, such as a delete whose reply
 * was lost. Their projects differ from the policy by no change by hand. A grant shows no such proof: a listed permission
 * may be of a grant by hand.
 */
export const withListed = (applied: Known | undefined, { checkpoints }: Pick<AccessPlan, "checkpoints">) => {
  if (applied === undefined || applied.reviewed.length === 0) return applied
  const listed = checkpoints.flatMap(({ checkpoint, found }) => {
    const access = recordOf(applied, checkpoint)
    if (access === undefined) return []
    const revokes = applied.reviewed.filter((step) => step.checkpoint === checkpoint && step.permission !== undefined)
    const [gone, there] = Arr.partition(revokes, ({ permission }) => found.some(({ id }) => id === permission))
    const isRevoked = (id: string): boolean =>
      gone.some(({ project }) => project === id) && !there.some(({ project }) => project === id)
    return [[checkpoint, Object.fromEntries(Object.entries(access).filter(([id]) => !isRevoked(id)))] as const]
  })
  return { ...applied, access: { ...applied.access, ...Object.fromEntries(listed) } }
}

/** Returns true if policy and record differ for the project of a step. Otherwise the step undoes a change by hand. */
export const isDue = (applied: Known | undefined, { checkpoint, permission, project }: Step): boolean => {
  const access = recordOf(applied, checkpoint)
  return access === undefined || Object.hasOwn(access, project) === (permission !== undefined)
}

export const dedupe = <S extends Step | Difference>(steps: ReadonlyArray<S>): ReadonlyArray<S> => [
  ...new Map(steps.map((step) => [keyOf(step), step])).values()
]

export const unfinishedIn = (plan: AccessPlan, steps: ReadonlyArray<AccessStep>): ReadonlyArray<Step> => {
  const outcomes = steps.flatMap((step) => {
    const isGrant = step._tag === "Granted" || step._tag === "Expired"
    const isDone = isGrant || step._tag === "AlreadyDone" || (step._tag === "OwnerProject" && step.action === "grant")
    return isDone || step._tag === "Revoked" ? [step] : []
  })
  const finished = Arr.groupBy(outcomes, ({ checkpoint, project_id: project }) => cellOf({ checkpoint, project }))
  const planned = Arr.groupBy(stepsOf(plan), cellOf)
  return stepsOf(plan).filter(({ checkpoint, permission, project }) => {
    const cell = cellOf({ checkpoint, project })
    const done = finished[cell] ?? []
    const isRevoked = done.some((one) => one._tag === "Revoked" && one.permission === permission)
    return !isRevoked && done.length < (planned[cell]?.length ?? 0)
  })
}

/**
 * Returns a plan of the steps that pass a test. Its checkpoints list the others as `left`, with the grants among them
 * that were revoked since their plan.
 */
export const only = (
  plan: AccessPlan,
  applied: Known | undefined,
  isKept: (step: Step) => boolean,
  isRevokedSince: (step: Step) => boolean = () => false
): AccessPlan => {
  const checkpoints = plan.checkpoints.map(({ checkpoint, ...one }): CheckpointPlan => {
    const byHand = stepsOf({ checkpoints: [{ checkpoint, ...one }] }).flatMap((step) =>
      isDue(applied, step) || isRevokedSince(step) ? [] : [step.project]
    )
    const [leftGrants, grants] = Arr.partition(one.grants, (project) => isKept({ checkpoint, project }))
    const [leftRevokes, revokes] = Arr.partition(one.revokes, ({ permission: { id, project_id } }) =>
      isKept({ checkpoint, project: project_id, permission: id })
    )
    const isWhole = leftGrants.length + leftRevokes.length === 0
    const revokedSince = leftGrants.filter((project) => isRevokedSince({ checkpoint, project }))
    const since = revokedSince.length === 0 ? {} : { revokedSince }
    return {
      checkpoint,
      ...one,
      grants,
      revokes,
      ...(byHand.length === 0 ? {} : { byHand: Arr.dedupe(byHand) }),
      ...(isWhole ? {} : { left: { grants: leftGrants, revokes: leftRevokes, ...since } })
    }
  })
  return { ...plan, checkpoints, counts: countsOf(checkpoints, plan.unread) }
}
