/** The deletes of an offboarding: one queue that runs while the log and the checkpoints are read. */
import type { PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { isPermissionsError, type PermissionsError, toFailure } from "@checkpoint-permissions/core/PermissionsError"
import * as writes from "@checkpoint-permissions/protocol/writes"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Ref from "effect/Ref"
import type { Entry, Journal } from "../journal/model.ts"
import * as Run from "../run/run.ts"
import type { Service } from "../service.ts"
import type { AccessBefore, OffboardOptions, OffboardStep, OpenPermission } from "./model.ts"

/** Permissions to delete together, with the access before the deletes. */
interface Batch {
  readonly before: AccessBefore
  readonly permissions: ReadonlyArray<OpenPermission>
  readonly done: Deferred.Deferred<void>
}

/**
 * The number of deletes before the first listing. That listing shows whether deletes and listings share a limit of
 * about ten a minute.
 */
const deletesBeforeLists = 10

/**
 * Makes the queue of deletes. Tries each permission once per round. Deletes end at `maxRevokes`, or when the run is
 * halted: by `stop`, a refused key, or ten failures in a row.
 */
export const makeDeletes = Effect.fnUntraced(function* <E>(
  access: Service,
  run: Run.Run,
  project: ProjectId,
  { actor, concurrency = writes.limits.concurrency, journal, maxRevokes = 100, onBefore }: OffboardOptions<E>,
  emit: (step: OffboardStep) => Effect.Effect<void>
) {
  const queue = yield* Queue.unbounded<Batch>()
  const waiting = yield* Ref.make<ReadonlyArray<Deferred.Deferred<void>>>([])
  const listsMayBegin = yield* Effect.makeLatch()
  /** Permissions whose delete was sent. Their number is at most `maxRevokes`. */
  const sent = new Set<string>()
  /** Permissions that are deleted, by this run or by another caller. */
  const gone = new Set<string>()
  const revoked: Array<PermissionId> = []
  const exceeded = new Set<string>()
  /** The end of the last delete at each checkpoint, in Unix milliseconds. */
  const lastDeletes = new Map<string, number>()
  /** Checkpoints whose model the project owns, known from the server's refusals. */
  const owned = new Set<string>()

  /** Returns a journal that records the results of deletes. Its lines are written even if the fiber is interrupted. */
  const recording = (permission: OpenPermission): Journal<E> => ({
    write: (entries) =>
      Effect.zipRight(
        Effect.forEach(entries, (entry) => record(permission, entry), { discard: true }),
        journal?.write(entries) ?? Effect.void
      )
  })
  const record = ({ checkpoint, id, project_id }: OpenPermission, { event, outcome }: Entry) =>
    Effect.gen(function* () {
      if (event === "intent") return
      lastDeletes.set(checkpoint, yield* Clock.currentTimeMillis)
      if (outcome !== "done" && outcome !== "gone") return
      gone.add(id)
      if (outcome === "gone") return yield* emit({ _tag: "AlreadyDone", checkpoint, action: "revoke", project_id })
      revoked.push(id)
      yield* emit({ _tag: "Revoked", checkpoint, project_id, permission: id })
    })

  /** Emits a step for a refused delete: the project owns the model, or the delete failed. */
  const onRefused = (
    { checkpoint, project_id }: OpenPermission,
    error: PermissionsError
  ): Effect.Effect<Run.Outcome> => {
    if (writes.ownerProjectOf(toFailure(error), [project]) === undefined) {
      return Effect.as(emit({ _tag: "Failed", checkpoint, action: "revoke", project_id, error }), error)
    }
    owned.add(checkpoint)
    return Effect.as(emit({ _tag: "OwnerProject", checkpoint, action: "revoke", project_id }), "answered")
  }

  const remove = (permission: OpenPermission) =>
    access.revokePermission(permission.checkpoint, permission, { actor, journal: recording(permission) }).pipe(
      Effect.as("answered" as const),
      Effect.catchIf(isPermissionsError, (error) => onRefused(permission, error))
    )

  /** Returns true if the delete of a permission may be sent. If so, counts it. */
  const mayBeSent = ({ checkpoint, id }: OpenPermission): boolean => {
    if (gone.has(id) || owned.has(checkpoint)) return false
    if (!sent.has(id) && sent.size >= maxRevokes) {
      exceeded.add(id)
      return false
    }
    sent.add(id)
    return true
  }

  const process = Effect.fnUntraced(function* ({ before, done, permissions }: Batch) {
    const isHalted = yield* Deferred.isDone(run.halted)
    const allowed = isHalted ? [] : permissions.filter(mayBeSent)
    if (allowed.length > 0) yield* onBefore?.(before) ?? Effect.void
    yield* Run.forEachCheckpoint(run, allowed, concurrency, (permission) =>
      Effect.zipLeft(
        Run.unlessHalted(run, remove(permission)),
        Effect.suspend(() => (sent.size < deletesBeforeLists ? Effect.void : listsMayBegin.open))
      )
    )
    yield* Deferred.succeed(done, undefined)
  })

  return {
    exceeded,
    gone,
    lastDeletes,
    owned,
    revoked,
    /** Deletes queued permissions. Runs until it is interrupted. */
    work: Effect.forever(Effect.flatMap(Queue.take(queue), process)),
    /** Queues permissions that are not deleted yet. */
    add: Effect.fnUntraced(function* (before: AccessBefore, permissions: ReadonlyArray<OpenPermission>) {
      const rest = permissions.filter(({ id }) => !gone.has(id))
      if (rest.length === 0) return
      const done = yield* Deferred.make<void>()
      yield* Ref.update(waiting, (all) => [...all, done])
      yield* Queue.offer(queue, { before, done, permissions: rest })
    }),
    /** Waits until every queued permission is deleted or given up. */
    drained: Effect.flatMap(Ref.get(waiting), (all) => Effect.forEach(all, Deferred.await, { discard: true })),
    /** Waits until ten deletes were sent. */
    listsMayBegin
  }
})

/** The queue of deletes, and what it has done. */
export type Deletes = Effect.Effect.Success<ReturnType<typeof makeDeletes>>
