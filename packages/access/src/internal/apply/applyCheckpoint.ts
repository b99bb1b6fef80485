import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { type PermissionsError, toFailure } from "@checkpoint-permissions/core/PermissionsError"
import { owningProject } from "@checkpoint-permissions/protocol/settling"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { JournalFailed } from "../../Journal.ts"
import { together } from "../checkpoint/deletePermission.ts"
import { learnOwner } from "../checkpoint/owners.ts"
import { readAll } from "../checkpoint/readCheckpoint.ts"
import { granting } from "../checkpoint/settleCreate.ts"
import { inTurn } from "../checkpoint/turn.ts"
import type { CheckpointPlan, Found } from "../plan/model.ts"
import { journaled, type Surroundings } from "./journaledWrites.ts"
import { asPlanned, reconcile } from "./reconcile.ts"

/** Failures that every other checkpoint would meet too. */
export const stopsAll = (error: PermissionsError): boolean =>
  error._tag === "Unauthorized" || error._tag === "MissingScope" || error._tag === "QuotaExhausted"

/**
 * Makes one checkpoint as its plan wants it: grants first, then revokes, which
 * are left out if a grant failed. Fails only with what stops the whole apply.
 */
export const applyCheckpoint = (
  surroundings: Surroundings,
  plan: CheckpointPlan,
  fresh: boolean
): Effect.Effect<void, PermissionsError | JournalFailed> => {
  const { checkpoint, emit, service } = surroundings
  const { noteGranted, revoke, writes } = journaled(surroundings)

  const failed = (
    action: "read" | "grant" | "revoke",
    error: PermissionsError,
    project?: ProjectId
  ): Effect.Effect<void, PermissionsError> =>
    stopsAll(error)
      ? Effect.fail(error)
      : emit({ _tag: "Failed", checkpoint, action, error, ...(project === undefined ? {} : { project_id: project }) })

  const impossible = (action: "grant" | "revoke", project: ProjectId) => {
    learnOwner(service, checkpoint, project)
    return emit({ _tag: "Impossible", checkpoint, action, project_id: project })
  }

  /** Answers whether every project has access now, or always had. */
  const grant = Effect.fnUntraced(function* (projects: ReadonlyArray<ProjectId>) {
    if (projects.length === 0) return true
    const told = new Set<string>()
    const outcome = yield* Effect.either(
      granting(service, checkpoint, projects, {
        ...writes,
        create: (portion) =>
          Effect.tap(writes.create(portion), (reply) => {
            if (Either.isRight(reply)) for (const { project_id } of reply.right.data) told.add(project_id)
          })
      })
    )
    if (Either.isLeft(outcome)) {
      if (outcome.left._tag === "JournalFailed") return yield* outcome.left
      yield* failed("grant", outcome.left)
      return false
    }
    const { granted, owning, refused } = outcome.right
    for (const project of projects) {
      const permission = granted.get(project)
      if (permission !== undefined && !told.has(project)) yield* noteGranted(permission)
    }
    for (const project of owning) yield* impossible("grant", project)
    for (const [project, error] of refused) yield* failed("grant", error, project)
    return refused.size === 0
  })

  /** Answers whether the permission is gone, or cannot go. */
  const revokeOne = Effect.fnUntraced(function* (permission: Found) {
    const done = yield* Effect.either(revoke(permission))
    if (Either.isRight(done)) return true
    if (done.left._tag === "JournalFailed") return yield* done.left
    if (owningProject(toFailure(done.left), [permission.project_id]) === undefined) {
      yield* failed("revoke", done.left, permission.project_id)
      return false
    }
    yield* impossible("revoke", permission.project_id)
    return true
  })

  const finished = (complete: boolean) => emit({ _tag: "CheckpointFinished", checkpoint, complete })

  return Effect.gen(function* () {
    if (plan.grants.length === 0 && plan.revokes.length === 0) return yield* finished(true)
    const now = fresh ? Either.right(undefined) : yield* Effect.either(readAll(service, checkpoint))
    if (Either.isLeft(now)) {
      yield* failed("read", now.left)
      return yield* finished(false)
    }
    const todo = now.right === undefined ? asPlanned(plan) : reconcile(plan, now.right)
    if (todo.differences.length > 0) {
      yield* emit({ _tag: "Drifted", checkpoint, differences: todo.differences })
      return yield* finished(false)
    }
    for (const project of todo.granted) {
      yield* emit({ _tag: "AlreadyDone", checkpoint, action: "grant", project_id: project })
    }
    for (const { project_id } of todo.revoked) {
      yield* emit({ _tag: "AlreadyDone", checkpoint, action: "revoke", project_id })
    }
    if (!(yield* grant(todo.grants))) {
      for (const { id, project_id } of todo.revokes) {
        yield* emit({ _tag: "Skipped", checkpoint, project_id, permission: id })
      }
      return yield* finished(false)
    }
    const gone = yield* Effect.forEach(todo.revokes, revokeOne, { ...together, discard: false })
    yield* finished(gone.every((isGone) => isGone))
  }).pipe(inTurn(service, checkpoint))
}
