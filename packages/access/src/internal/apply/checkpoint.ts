import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { isPermissionsError, type PermissionsError, toFailure } from "@checkpoint-permissions/core/PermissionsError"
import { ensure, limits, ownerProjectOf, resolveDuplicates } from "@checkpoint-permissions/protocol/writes"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { AccessStep } from "../../AccessStep.ts"
import { calls as callsOf } from "../checkpoint/calls.ts"
import { errorOf, read, type Snapshot } from "../checkpoint/read.ts"
import { type Context, writesOf } from "../checkpoint/writes.ts"
import type { JournalFailed } from "../journal/model.ts"
import type { ListedPermission } from "../plan/model.ts"
import { mayDeleteDuplicate, type Planned, validity } from "../plan/validity.ts"
import type { Outcome } from "../run/run.ts"
import { forEach } from "../run/until.ts"
import { hasDuplicates } from "./options.ts"

const projectOf = ({ project_id }: ListedPermission): ProjectId => project_id

/**
 * Applies the plan of one checkpoint: first grants, then deletes, which are skipped if a grant failed. `ofPlan` is the
 * snapshot that the plan was made from, if it may be used. `onBefore` is called with the permissions of the checkpoint
 * before the first write. Returns the first error of the server.
 */
export const applyCheckpoint = Effect.fnUntraced(function* (
  given: Context,
  plan: Planned,
  ofPlan: Snapshot | undefined,
  onBefore: ((found: ReadonlyArray<ListedPermission>) => Effect.Effect<void, JournalFailed>) | undefined
): Effect.fn.Return<Outcome, JournalFailed> {
  const { checkpoint, state } = given
  /** Known from the steps: `complete` if the checkpoint matches the plan, and the first error of the server. */
  const verdict: { complete: boolean; error: PermissionsError | undefined } = { complete: true, error: undefined }
  const emit = (step: AccessStep) =>
    Effect.suspend(() => {
      if (step._tag === "Failed") verdict.error ??= step.error
      if (step._tag === "Failed" || step._tag === "Drifted" || step._tag === "NotListedYet") verdict.complete = false
      if (step._tag === "OwnerProject" && step.action === "revoke") verdict.complete = false
      if (step._tag === "Granted" && step.mayBeDuplicated) verdict.complete = false
      return given.emit(step)
    })
  const writes = writesOf({ ...given, emit })
  const calls = callsOf(state, checkpoint, writes, mayDeleteDuplicate(plan))

  const alreadyDone = (action: "grant" | "revoke", projects: ReadonlyArray<ProjectId>) =>
    Effect.forEach(projects, (project_id) => emit({ _tag: "AlreadyDone", checkpoint, action, project_id }))

  const drifted = (differences: ReadonlyArray<string>, writes: "none" | "planned"): Effect.Effect<boolean> =>
    differences.length === 0
      ? Effect.succeed(false)
      : Effect.as(emit({ _tag: "Drifted", checkpoint, differences, writes }), true)

  /** Runs a step whose failure concerns only this checkpoint. Returns `undefined` if it failed. */
  const attempt = <A>(
    action: "read" | "grant" | "revoke",
    step: Effect.Effect<A, PermissionsError | JournalFailed>
  ): Effect.Effect<A | undefined, JournalFailed> =>
    Effect.catchIf(step, isPermissionsError, (error) =>
      Effect.as(emit({ _tag: "Failed", checkpoint, action, error }), undefined)
    )

  const finish = Effect.fnUntraced(function* (reading: Snapshot | undefined) {
    const readFrom = reading && DateTime.unsafeMake(reading.readFrom)
    const readAt = reading && DateTime.unsafeMake(reading.readAt)
    const lastDelete = [...writes.deleted.values()].at(-1)
    const deletedAt = readAt && lastDelete && DateTime.greaterThanOrEqualTo(lastDelete, readAt) ? lastDelete : undefined
    yield* emit({ _tag: "CheckpointFinished", checkpoint, complete: verdict.complete, readFrom, readAt, deletedAt })
    return verdict.error ?? "answered"
  })

  const first = ofPlan ?? (yield* attempt("read", read(state.permissions, checkpoint)))
  if (first === undefined) return yield* finish(undefined)
  /** Returns the valid steps by a read of this apply, now. `exempt` is given after the grants. */
  const validityOf = ({ permissions }: Snapshot, exempt?: ReadonlySet<string>) =>
    Effect.map(Clock.currentTimeMillis, (now) => validity(plan, { by: "apply", permissions, exempt }, now))

  const before =
    ofPlan === undefined
      ? yield* validityOf(first)
      : validity(
          plan,
          { by: "plan", permissions: ofPlan.permissions, readFrom: ofPlan.readFrom, maxAge: Number.POSITIVE_INFINITY },
          yield* Clock.currentTimeMillis
        )
  if (yield* drifted(before.differences, "none")) return yield* finish(first)
  yield* alreadyDone("grant", before.granted)
  yield* alreadyDone("revoke", before.gone.map(projectOf))

  if (before.toGrant.length + before.toRevoke.length > 0 || hasDuplicates(first.permissions)) {
    yield* onBefore?.(first.permissions) ?? Effect.void
  }
  let latest = first
  const expired = new Set<string>()

  /** Returns the projects whose access has not ended by now. The plan may have been made on an earlier day. */
  const withoutExpired = Effect.fnUntraced(function* (projects: ReadonlyArray<ProjectId>) {
    const ended = (yield* validityOf(latest)).expired
    for (const project_id of projects) {
      const until = ended.get(project_id)
      if (until === undefined) continue
      expired.add(project_id)
      yield* emit({ _tag: "Expired", checkpoint, project_id, until })
    }
    return projects.filter((project) => !ended.has(project))
  })

  /** Deletes a permission. A refusal is a step: the project owns the model, or the delete failed. */
  const remove = (permission: ListedPermission) =>
    Effect.catchIf(writes.delete(permission), isPermissionsError, (error) => {
      const { project_id } = permission
      if (ownerProjectOf(toFailure(error), [project_id]) === undefined) {
        return emit({ _tag: "Failed", checkpoint, action: "revoke", project_id, error })
      }
      state.owners.set(checkpoint, project_id)
      return emit({ _tag: "OwnerProject", checkpoint, action: "revoke", project_id })
    })

  /** Grants projects and lists the checkpoint again. Returns true if the deletes may follow. */
  const grant = Effect.fnUntraced(function* (
    missing: ReadonlyArray<ProjectId>
  ): Effect.fn.Return<boolean, JournalFailed> {
    const projects = yield* withoutExpired(missing)
    if (projects.length === 0) return true
    const ensured = yield* attempt(
      "grant",
      Effect.gen(() => ensure(calls, projects, undefined)).pipe(
        Effect.onExit((exit) => writes.emitResent(Exit.isSuccess(exit) ? exit.value.mayBeDuplicated : undefined))
      )
    )
    if (ensured === undefined) return false
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
    if (ensured.snapshot !== undefined) {
      latest = ensured.snapshot
      const exempt = new Set<string>([
        ...expired,
        ...ensured.ownerProjects,
        ...ensured.refused.keys(),
        ...ensured.notListedYet.map(projectOf)
      ])
      const differences = [
        ...(yield* validityOf(latest, exempt)).differences,
        ...ensured.revoked.map((project) => `${project} loses its permission after each grant`)
      ]
      yield* drifted(differences, "planned")
    }
    return ensured.refused.size === 0
  })

  /**
   * Resolves the duplicates of the first listing, unless a later listing has been made and resolved. Returns true if
   * deletes may follow.
   */
  const resolveFirstDuplicates = Effect.gen(function* () {
    if (latest !== first) return true
    const absent = yield* attempt(
      "revoke",
      Effect.gen(() => resolveDuplicates(calls, first))
    )
    return absent === undefined ? false : yield* grant(absent)
  })

  if (!((yield* grant(before.toGrant)) && (yield* resolveFirstDuplicates))) {
    for (const { id, project_id } of before.toRevoke) {
      yield* emit({ _tag: "Skipped", checkpoint, project_id, permission: id })
    }
    return yield* finish(latest)
  }
  const listed = new Set((yield* validityOf(latest)).toRevoke)
  const [gone, toRevoke] = Arr.partition(before.toRevoke, (permission) => listed.has(permission))
  yield* alreadyDone("revoke", gone.map(projectOf))
  yield* forEach(toRevoke, limits.concurrency, remove)
  return yield* finish(latest)
})
