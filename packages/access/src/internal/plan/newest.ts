/**
 * The newest intention wins: a step is made if a commit or an approval asks for it, and nothing on the server is newer.
 *
 * | step | is made |
 * | --- | --- |
 * | a grant | unless the audit log shows a deletion of the project's permission that is not older than the intention |
 * | a delete | unless the permission was created at the time of the intention, or later |
 * | a delete of ended access | also if the permission was created on the last day of the access, or before |
 */
import * as Organization from "@checkpoint-permissions/client/Organization"
import * as Events from "@checkpoint-permissions/protocol/events"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { formatActor } from "../history/changes.ts"
import { readEvents, readKeyNames } from "../history/read.ts"
import { withCounts } from "./derive.ts"
import { type AccessChanges, commitOf } from "./intentions.ts"
import {
  type AccessPlan,
  type CheckpointPlan,
  type Commit,
  type Delete,
  isDelete,
  isOfEnd,
  type Left,
  planned,
  type Step
} from "./steps.ts"

/** The maximum number of pages of the audit log to read. */
const maxPages = 30

/** The changes in the audit log, newest first. */
export interface Evidence {
  readonly changes: ReadonlyArray<Events.Change>
  /** The beginning of the part that was read, in Unix seconds. Missing if nothing shows that the log reaches so far. */
  readonly from?: number | undefined
  /** The reason why the log was not read. */
  readonly failure?: string | undefined
}

const secondsOf = (time: DateTime.Utc): number => Math.floor(DateTime.toEpochMillis(time) / 1000)

const isUnexplained = ({ action, checkpoint, project }: Events.Change): boolean =>
  action === "revoke" && (checkpoint === undefined || project === undefined)

/**
 * Reads the audit log back to a time, newest first, and on until it names the project of each deletion after that time. It
 * ends after 30 pages. A log that cannot be read is not a failure of this effect.
 *
 * @category operations
 */
export const readEvidence = (since: DateTime.Utc): Effect.Effect<Evidence, never, Organization.Organization> =>
  Effect.gen(function* () {
    const organization = yield* Organization.Organization
    const start = secondsOf(since)
    const { end, events, failure } = yield* readEvents(organization, {
      pages: maxPages,
      isComplete: (events) =>
        (events.at(-1)?.effective_at ?? start) < start &&
        Events.join(events).every((change) => change.at < start || !isUnexplained(change))
    })
    if (failure !== undefined) return { changes: [], failure }
    const joined = Events.join(events)
    const { nameKeys } = yield* readKeyNames(
      organization,
      joined.filter(({ action }) => action === "revoke")
    )
    const oldest = joined[0]?.at
    const isReached = oldest !== undefined && oldest <= start
    // an event of any other type also shows that the log had begun
    const older =
      isReached || end !== "end of the log"
        ? Option.none()
        : yield* organization
            .events({ until: DateTime.unsafeMake((start + 1) * 1000) })
            .pipe(Stream.runHead, Effect.orElseSucceed(Option.none))
    const from = isReached || Option.isSome(older) ? start : oldest
    return { changes: nameKeys(joined).toReversed(), from }
  })

/** A plan that was approved: its steps ask for the access, as of the read of their checkpoint. */
type Approved = ReadonlyMap<string, DateTime.Utc>

const keyOf = (checkpoint: string, step: Step): string =>
  JSON.stringify([checkpoint, step.project, isDelete(step) ? step.permission.id : ""])

/** Returns the time of each step of an approved plan. */
const approvedIn = (plan: AccessPlan | undefined): Approved =>
  new Map(
    (plan?.checkpoints ?? []).flatMap((one) =>
      planned(one).map((step) => [keyOf(one.checkpoint, step), one.readFrom ?? one.readAt] as const)
    )
  )

/** Returns only the fields of a commit: a policy may be beside them. */
const withoutPolicy = ({ at, id, subject }: Commit): Commit => ({ id, at, subject })

/** The facts that decide about the steps of a plan. */
interface Facts {
  readonly changes: AccessChanges
  readonly evidence: Evidence
  readonly approved: Approved
  /** Unix seconds. */
  readonly now: number
}

type Decision = Pick<Step, "newer"> & { readonly left?: Left }

const newerAt = (left: Left, at: number, change?: Events.Change): Decision => ({
  left,
  newer: { at: DateTime.unsafeMake(at * 1000), ...(change === undefined ? {} : { by: formatActor(change.by) }) }
})

/** Decides about a delete. `asked` is the time of the intention, in Unix seconds. */
const decideDelete = (step: Delete, asked: number | undefined, { evidence, now }: Facts, unasked: Left): Decision => {
  const { permission, why } = step
  if (isOfEnd(step)) return {}
  const creation = () => Events.creations(evidence.changes)(permission.id, permission.created_at)
  if (asked === undefined) {
    return why === "ended"
      ? newerAt("changed on the server since", permission.created_at, creation())
      : { left: unasked }
  }
  if (asked > now) return { left: "dated in the future" }
  if (permission.created_at >= asked) return newerAt("changed on the server since", permission.created_at, creation())
  return {}
}

/** Decides about a grant by the audit log. `asked` is the time of the intention, in Unix seconds. */
export const decideGrant = (checkpoint: string, project: string, asked: number, evidence: Evidence): Decision => {
  if (evidence.failure !== undefined) return { left: "the audit log was not read" }
  const mayBeHere = (change: Events.Change): boolean =>
    (change.checkpoint ?? checkpoint) === checkpoint && (change.project ?? project) === project
  const since = evidence.changes.filter((one) => one.action === "revoke" && one.at >= asked && mayBeHere(one))
  const deletion = since.find((change) => !isUnexplained(change))
  if (deletion !== undefined) return newerAt("changed on the server since", deletion.at, deletion)
  const [unexplained] = since
  if (unexplained !== undefined) return newerAt("a deletion is unexplained", unexplained.at, unexplained)
  return evidence.from !== undefined && evidence.from <= asked ? {} : { left: "the audit log does not reach back" }
}

/** The reasons that an approval overrides: nothing is known, which the approver could see. */
const isOfLog = (left: Left | undefined): boolean =>
  left === "the audit log was not read" || left === "the audit log does not reach back"

const decided = (checkpoint: string, step: Step, facts: Facts): Step => {
  if (step.left !== undefined) return step
  const commit = commitOf(facts.changes, checkpoint, step.project)
  const approved = facts.approved.get(keyOf(checkpoint, step))
  const times = [commit?.at, approved].flatMap((time) => (time === undefined ? [] : [secondsOf(time)]))
  const asked = times.length === 0 ? undefined : Math.max(...times)
  const unasked = facts.changes.base === undefined ? "no base" : "not changed by these commits"
  const decide = (): Decision => {
    // no commit asks for it: the project has access before and after
    if (step.why === "duplicate") return approved === undefined ? { left: unasked } : {}
    if (isDelete(step)) return decideDelete(step, asked, facts, unasked)
    if (asked === undefined) return { left: unasked }
    if (asked > facts.now) return { left: "dated in the future" }
    const decision = decideGrant(checkpoint, step.project, asked, facts.evidence)
    return approved !== undefined && isOfLog(decision.left) ? {} : decision
  }
  return {
    ...step,
    ...(commit === undefined ? {} : { commit }),
    ...(approved === undefined ? {} : { approved }),
    ...decide()
  }
}

/**
 * Returns the time of the oldest commit or approval that asks for a grant of this plan. Only then the audit log is needed.
 *
 * @category questions
 */
export const oldestGrant = (
  plan: AccessPlan,
  changes: AccessChanges,
  approved?: AccessPlan | undefined
): DateTime.Utc | undefined => {
  const times = approvedIn(approved)
  const all = plan.checkpoints.flatMap(({ checkpoint, steps }) =>
    steps.flatMap((step) =>
      isDelete(step) || step.left !== undefined
        ? []
        : [commitOf(changes, checkpoint, step.project)?.at, times.get(keyOf(checkpoint, step))]
    )
  )
  return all.reduce(
    (first, time) =>
      first === undefined || (time !== undefined && time.epochMillis < first.epochMillis) ? time : first,
    undefined
  )
}

/**
 * Returns a plan with the commit of each step, in which the steps are left out that neither a commit nor the approved
 * plan asks for, or after which the server was changed. With `all`, every difference is a step, with the same reasons.
 *
 * `now` is the time of the server.
 *
 * @category conversions
 */
export const newest = (
  plan: AccessPlan,
  changes: AccessChanges,
  options: {
    readonly evidence: Evidence
    readonly now: DateTime.Utc
    readonly approved?: AccessPlan | undefined
    readonly all?: boolean | undefined
  }
): AccessPlan => {
  const { all = false, evidence, now } = options
  const facts: Facts = { changes, evidence, approved: approvedIn(options.approved), now: secondsOf(now) }
  const { base, head } = changes
  const commits = { ...(base === undefined ? {} : { base: withoutPolicy(base) }), head: withoutPolicy(head) }
  const decide = (one: CheckpointPlan, step: Step): Step => {
    const { left, ...rest } = decided(one.checkpoint, step, facts)
    if (left === undefined) return rest
    return all && step.left === undefined ? { ...rest, although: left } : { ...rest, left }
  }
  return {
    ...withCounts(plan, (one) => ({ ...one, steps: one.steps.map((step) => decide(one, step)) })),
    commits
  }
}

/**
 * Returns true for a step that is left out although a commit or an approval asks for it. An apply is incomplete then.
 *
 * @category predicates
 */
export const isWaiting = ({ approved, commit, left, why }: Step): boolean =>
  left !== undefined &&
  left !== "owns the model" &&
  why !== "duplicate" &&
  (commit !== undefined || approved !== undefined)
