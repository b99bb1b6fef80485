import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { isPermissionsError, type PermissionsError, toFailure } from "@checkpoint-permissions/core/PermissionsError"
import type { Failure } from "@checkpoint-permissions/protocol/failure"
import {
  type EnsureReport,
  ensure,
  limits,
  ownerProjectOf,
  resolveDuplicates
} from "@checkpoint-permissions/protocol/writes"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { calls as callsOf } from "../checkpoint/calls.ts"
import { errorOf, type FailureWithError, read, type Snapshot } from "../checkpoint/read.ts"
import { type Context, writesOf } from "../checkpoint/writes.ts"
import type { JournalFailed } from "../journal.ts"
import type { CheckpointPlan, ListedPermission } from "../plan/steps.ts"
import { mayDeleteDuplicate, validity } from "../plan/validity.ts"
import type { Outcome } from "../run/run.ts"
import { forEach } from "../run/until.ts"
import type { AccessStep } from "./step.ts"

const projectOf = ({ project_id }: ListedPermission): ProjectId => project_id

/** The work at one checkpoint. The last four fields are set on the way. */
interface Work {
  readonly state: Context["state"]
  readonly plan: CheckpointPlan
  readonly emit: Context["emit"]
  readonly writes: ReturnType<typeof writesOf<JournalFailed>>
  readonly calls: ReturnType<typeof callsOf<JournalFailed>>
  /** Projects whose access had ended when their grant was reached. */
  readonly expired: Set<string>
  /** The last listing. */
  latest: Snapshot | undefined
  /** True if the checkpoint matches the plan, by the emitted steps. */
  complete: boolean
  /** The first error of the server. */
  error: PermissionsError | undefined
}

/** Returns true for a step after which the checkpoint differs from the plan. */
const isIncomplete = (step: AccessStep): boolean =>
  step._tag === "Failed" ||
  step._tag === "Drifted" ||
  step._tag === "NotListedYet" ||
  (step._tag === "OwnerProject" && step.action === "revoke") ||
  (step._tag === "Granted" && step.mayBeDuplicated === true)

const begin = (given: Context, plan: CheckpointPlan): Work => {
  const { checkpoint, state } = given
  const emit = (step: AccessStep) =>
    Effect.suspend(() => {
      if (step._tag === "Failed") work.error ??= step.error
      if (isIncomplete(step)) work.complete = false
      return given.emit(step)
    })
  const writes = writesOf({ ...given, emit })
  const calls = callsOf(state, checkpoint, writes, mayDeleteDuplicate(plan))
  const work: Work = {
    ...{ state, plan, emit, writes, calls },
    ...{ expired: new Set(), latest: undefined, complete: true, error: undefined }
  }
  return work
}

/** Runs a step whose failure concerns only this checkpoint. Returns `undefined` if it failed. */
const attempt = <A>(
  { emit, plan: { checkpoint } }: Work,
  action: "read" | "grant" | "revoke",
  step: Effect.Effect<A, PermissionsError | JournalFailed>
): Effect.Effect<A | undefined, JournalFailed> =>
  Effect.catchIf(step, isPermissionsError, (error) =>
    Effect.as(emit({ _tag: "Failed", checkpoint, action, error }), undefined)
  )

const alreadyDone = (
  { emit, plan: { checkpoint } }: Work,
  action: "grant" | "revoke",
  projects: ReadonlyArray<ProjectId>
) => Effect.forEach(projects, (project_id) => emit({ _tag: "AlreadyDone", checkpoint, action, project_id }))

/** Emits drift, if there are differences. Returns true then. */
const drifted = (
  { emit, plan: { checkpoint } }: Work,
  differences: ReadonlyArray<string>,
  writes: "none" | "planned"
): Effect.Effect<boolean> =>
  differences.length === 0
    ? Effect.succeed(false)
    : Effect.as(emit({ _tag: "Drifted", checkpoint, differences, writes }), true)

/** Returns the valid steps by a read of this apply, now. `exempt` is given after the grants. */
const validityOf = ({ latest, plan }: Work, exempt?: ReadonlySet<string>) =>
  Effect.map(Clock.currentTimeMillis, (now) =>
    validity(plan, { by: "apply", permissions: latest?.permissions ?? [], exempt }, now)
  )

/** Returns the valid steps before the first write, or `undefined` if the checkpoint has changed since the plan. */
const before = Effect.fnUntraced(function* (work: Work, first: Snapshot, isOfPlan: boolean) {
  const { permissions, readFrom } = first
  const ofPlan = { by: "plan", permissions, readFrom, maxAge: Number.POSITIVE_INFINITY } as const
  const steps = isOfPlan ? validity(work.plan, ofPlan, yield* Clock.currentTimeMillis) : yield* validityOf(work)
  if (yield* drifted(work, steps.differences, "none")) return undefined
  yield* alreadyDone(work, "grant", steps.granted)
  yield* alreadyDone(work, "revoke", steps.gone)
  return steps
})

/** Returns the projects whose access has not ended by now. The plan may have been made on an earlier day. */
const withoutExpired = Effect.fnUntraced(function* (work: Work, projects: ReadonlyArray<ProjectId>) {
  const { checkpoint } = work.plan
  const ended = (yield* validityOf(work)).expired
  for (const project_id of projects) {
    const until = ended.get(project_id)
    if (until === undefined) continue
    work.expired.add(project_id)
    yield* work.emit({ _tag: "Expired", checkpoint, project_id, until })
  }
  return projects.filter((project) => !ended.has(project))
})

/** Emits the projects that were not granted, and compares the listing after the grants with the plan. */
const verify = Effect.fnUntraced(function* (
  work: Work,
  ensured: EnsureReport<ListedPermission, Failure | FailureWithError>
) {
  const {
    emit,
    plan: { checkpoint },
    state
  } = work
  for (const project_id of ensured.ownerProjects) {
    state.owners.set(checkpoint, project_id)
    yield* emit({ _tag: "OwnerProject", checkpoint, action: "grant", project_id })
  }
  for (const [project_id, failure] of ensured.refused) {
    yield* emit({ _tag: "Failed", checkpoint, action: "grant", project_id, error: errorOf(failure) })
  }
  for (const { id, project_id } of ensured.notListedYet) {
    yield* emit({ _tag: "NotListedYet", checkpoint, project_id, permission: id })
  }
  if (ensured.snapshot === undefined) return
  work.latest = ensured.snapshot
  const exempt = new Set<string>([
    ...work.expired,
    ...ensured.ownerProjects,
    ...ensured.refused.keys(),
    ...ensured.notListedYet.map(projectOf)
  ])
  const differences = [
    ...(yield* validityOf(work, exempt)).differences,
    ...ensured.revoked.map((project) => `${project} loses its permission after each grant`)
  ]
  yield* drifted(work, differences, "planned")
})

/** Grants projects and lists the checkpoint again. Returns true if the deletes may follow. */
const grant = Effect.fnUntraced(function* (work: Work, missing: ReadonlyArray<ProjectId>) {
  const { calls, writes } = work
  const projects = yield* withoutExpired(work, missing)
  if (projects.length === 0) return true
  const ensured = yield* attempt(
    work,
    "grant",
    Effect.gen(() => ensure(calls, projects, undefined)).pipe(
      Effect.onExit((exit) => writes.emitResent(Exit.isSuccess(exit) ? exit.value.mayBeDuplicated : undefined))
    )
  )
  if (ensured === undefined) return false
  yield* verify(work, ensured)
  return ensured.refused.size === 0
})

/** Resolves the duplicates of the first listing, unless a later one was made and resolved. Returns as `grant` does. */
const resolveFirst = Effect.fnUntraced(function* (work: Work, first: Snapshot) {
  if (work.latest !== first) return true
  const absent = yield* attempt(
    work,
    "revoke",
    Effect.gen(() => resolveDuplicates(work.calls, first))
  )
  return absent === undefined ? false : yield* grant(work, absent)
})

/** Deletes a permission. A refusal is a step: the project owns the model, or the delete failed. */
const remove = ({ emit, plan: { checkpoint }, state, writes }: Work, permission: ListedPermission) =>
  Effect.catchIf(writes.delete(permission), isPermissionsError, (error) => {
    const { project_id } = permission
    if (ownerProjectOf(toFailure(error), [project_id]) === undefined) {
      return emit({ _tag: "Failed", checkpoint, action: "revoke", project_id, error })
    }
    state.owners.set(checkpoint, project_id)
    return emit({ _tag: "OwnerProject", checkpoint, action: "revoke", project_id })
  })

const revoke = Effect.fnUntraced(function* (work: Work, planned: ReadonlyArray<ListedPermission>) {
  const listed = new Set((yield* validityOf(work)).toRevoke.map(({ id }) => id))
  const [gone, toRevoke] = Arr.partition(planned, ({ id }) => listed.has(id))
  yield* alreadyDone(work, "revoke", gone.map(projectOf))
  yield* forEach(toRevoke, limits.concurrency, (permission) => remove(work, permission))
})

const finish = Effect.fnUntraced(function* ({ complete, emit, error, latest, plan: { checkpoint }, writes }: Work) {
  const readFrom = latest && DateTime.unsafeMake(latest.readFrom)
  const readAt = latest && DateTime.unsafeMake(latest.readAt)
  const lastDelete = [...writes.deleted.values()].at(-1)
  const deletedAt = readAt && lastDelete && DateTime.greaterThanOrEqualTo(lastDelete, readAt) ? lastDelete : undefined
  yield* emit({ _tag: "CheckpointFinished", checkpoint, complete, readFrom, readAt, deletedAt })
  return error ?? ("answered" as const)
})

/**
 * Applies the plan of one checkpoint: first grants, then deletes, which are skipped if a grant failed. `ofPlan` is the
 * snapshot that the plan was made from, if it may be used. Returns the first error of the server.
 */
export const applyCheckpoint = Effect.fnUntraced(function* (
  given: Context,
  plan: CheckpointPlan,
  ofPlan: Snapshot | undefined
): Effect.fn.Return<Outcome, JournalFailed> {
  const { checkpoint, state } = given
  const work = begin(given, plan)
  const first = ofPlan ?? (yield* attempt(work, "read", read(state.permissions, checkpoint)))
  work.latest = first
  const steps = first && (yield* before(work, first, ofPlan !== undefined))
  if (first === undefined || steps === undefined) return yield* finish(work)
  if ((yield* grant(work, steps.toGrant)) && (yield* resolveFirst(work, first))) yield* revoke(work, steps.toRevoke)
  else {
    for (const { id, project_id } of steps.toRevoke) {
      yield* work.emit({ _tag: "Skipped", checkpoint, project_id, permission: id })
    }
  }
  return yield* finish(work)
})
