/** The deletes of an offboarding: permissions from the log or from reads, while their source is read on. */
import { isPermissionsError, type PermissionsError, toFailure } from "@checkpoint-permissions/core/PermissionsError"
import * as writes from "@checkpoint-permissions/protocol/writes"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Entry, Journal } from "../journal/model.ts"
import * as Run from "../run/run.ts"
import { streamSteps } from "../run/until.ts"
import type { Service } from "../service.ts"
import type { OffboardOptions, OffboardStep } from "./model.ts"
import { addOwner, checkpointIn, isGone, isOwned, type KnownPermission, type Records } from "./records.ts"

/** The permissions to delete at one checkpoint. */
export type Batch = ReadonlyArray<KnownPermission>

/**
 * Makes a function that deletes the batches which a source emits, at `concurrency` checkpoints concurrently. It returns
 * after the last delete. Deletes end at `maxRevokes`, or when the run is halted: by `stop`, or by ten failures in a row.
 * Fails if the key may not delete and no delete was confirmed.
 */
export const makeDeletes = <E>(
  access: Service,
  run: Run.Run,
  records: Records,
  { actor, concurrency = writes.limits.concurrency, journal, maxRevokes = 100 }: OffboardOptions<E>,
  emit: (step: OffboardStep) => Effect.Effect<void>
) => {
  /** Returns a journal that records the results of deletes. Its lines are written even if the fiber is interrupted. */
  const recording = (permission: KnownPermission): Journal<E> => ({
    write: (entries) =>
      Effect.zipRight(
        Effect.forEach(entries, (entry) => record(permission, entry), { discard: true }),
        journal?.write(entries) ?? Effect.void
      )
  })
  const record = (permission: KnownPermission, { event, outcome }: Entry) =>
    Effect.gen(function* () {
      if (event === "intent") return
      const { checkpoint, id, project_id } = permission
      checkpointIn(records, checkpoint).notBefore = yield* Clock.currentTimeMillis
      if (outcome === "gone") {
        permission.state = "gone"
        yield* emit({ _tag: "AlreadyDone", checkpoint, action: "revoke", project_id })
      } else if (outcome === "done") {
        permission.state = "revoked"
        yield* emit({ _tag: "Revoked", checkpoint, project_id, permission: id })
      }
    })

  const isUnchanged = () => ![...records.permissions.values()].some(isGone)
  const isKeyRefused = ({ _tag }: PermissionsError) => _tag === "MissingScopeError" || _tag === "AuthenticationError"

  /** Emits a step for a refused delete: the project owns the model, or the delete failed. */
  const onRefused = (
    { checkpoint, project_id }: KnownPermission,
    error: PermissionsError
  ): Effect.Effect<Run.Outcome, PermissionsError> => {
    if (isKeyRefused(error) && isUnchanged()) return Effect.fail(error)
    if (writes.ownerProjectOf(toFailure(error), [records.project]) === undefined) {
      return Effect.as(emit({ _tag: "Failed", checkpoint, action: "revoke", project_id, error }), error)
    }
    addOwner(records, checkpoint, { owner: records.project, ownerSource: "refusal" })
    return Effect.as(emit({ _tag: "OwnerProject", checkpoint, action: "revoke", project_id }), "answered")
  }

  const remove = (permission: KnownPermission) =>
    access.revokePermission(permission.checkpoint, permission, { actor, journal: recording(permission) }).pipe(
      Effect.as("answered" as const),
      Effect.catchIf(isPermissionsError, (error) => onRefused(permission, error))
    )

  /** Returns true if the delete of a permission may be sent. If so, counts it. */
  const mayBeSent = (permission: KnownPermission): boolean => {
    if (isGone(permission) || isOwned(records, permission.checkpoint)) return false
    const sent = [...records.permissions.values()].filter((one) => one.state === "sent" || isGone(one))
    permission.state = permission.state === "sent" || sent.length < maxRevokes ? "sent" : "over limit"
    return permission.state === "sent"
  }

  const deleteAt = Effect.fnUntraced(function* (batch: Batch) {
    if (yield* Deferred.isDone(run.halted)) return
    yield* Run.forEachCheckpoint(run, batch.filter(mayBeSent), 1, (permission) =>
      Run.unlessHalted(run, remove(permission))
    )
  })

  return <F>(
    source: (emit: (batch: Batch) => Effect.Effect<void>) => Effect.Effect<void, F>
  ): Effect.Effect<void, E | F | PermissionsError> =>
    streamSteps(source).pipe(Stream.mapEffect(deleteAt, { concurrency, unordered: true }), Stream.runDrain)
}
