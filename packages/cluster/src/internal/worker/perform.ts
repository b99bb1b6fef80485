/** One checkpoint of a job, from its first request to its last. */
import * as Access from "@checkpoint-permissions/access/Access"
import type { AccessPlan } from "@checkpoint-permissions/access/AccessPlan"
import type { JournalFailed } from "@checkpoint-permissions/access/Journal"
import type { Locks } from "@checkpoint-permissions/access/Lock"
import type { CheckpointPermissions } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Happening } from "../../Job.ts"
import type { Service as Store } from "../store/store.ts"
import type { Begun } from "../store/tasks.ts"
import * as Task from "../task.ts"
import { journalOf, record } from "./record.ts"

/** What came of a checkpoint. */
export interface Performed {
  /** It is as wanted, or was read to the end. */
  readonly complete: boolean
  readonly error: PermissionsError | undefined
  readonly last: ReadonlyArray<Happening>
}

export interface Context {
  readonly store: Store
  readonly locks: Locks | undefined
}

/** Steps that come within this time are stored together. */
const together = "50 millis"

/** The most steps that are stored together. */
const maxTogether = 200

/** Applies a plan of one checkpoint. */
const apply = (
  { locks, store }: Context,
  begun: Begun,
  plan: AccessPlan
): Effect.Effect<Performed, JournalFailed, CheckpointPermissions> =>
  Effect.gen(function* () {
    let complete = false
    let error: PermissionsError | undefined
    let last: ReadonlyArray<Happening> = []
    const options = {
      concurrency: 1,
      // The deadline of the job is what counts, by the clock of the store.
      maxAge: Duration.infinity,
      journal: journalOf(store, begun),
      actor: begun.actor ?? undefined,
      locks
    }
    const steps = Access.apply(plan, options).pipe(
      Stream.filter((step) => step._tag !== "Stopped"),
      Stream.groupedWithin(maxTogether, together),
      Stream.runForEach((some) => {
        const happenings = Chunk.toReadonlyArray(some).map((step): Happening => ({ _tag: "Step", step }))
        const failed = Chunk.findFirst(some, (step) => step._tag === "Failed")
        const finished = Chunk.findFirst(some, (step) => step._tag === "CheckpointFinished")
        if (Option.isSome(failed)) error ??= failed.value.error
        if (Option.isNone(finished)) return record(store, begun, happenings)
        complete = finished.value.complete
        last = happenings
        return Effect.void
      })
    )
    const ended = yield* Effect.either(steps)
    if (Either.isLeft(ended)) {
      if (ended.left._tag === "JournalFailed") return yield* ended.left
      // The plan was made for this server, and no limit was given.
      if (ended.left._tag === "PlanRefused") return yield* Effect.die(ended.left)
      error ??= ended.left
    }
    return { complete, error, last }
  })

/** Reads the checkpoint, and deletes the permissions of some projects. */
const revoke = (
  context: Context,
  begun: Begun,
  projects: Extract<Task.Task, { readonly _tag: "Revoke" }>["projects"]
): Effect.Effect<Performed, JournalFailed, CheckpointPermissions> =>
  Effect.gen(function* () {
    const planned = yield* Effect.either(Access.planRevoke([begun.checkpoint], projects))
    const unread = (reason: string, error: PermissionsError | undefined): Performed => ({
      complete: false,
      error,
      last: [{ _tag: "Unread", checkpoint: begun.checkpoint, reason }]
    })
    if (Either.isLeft(planned)) return unread(planned.left.message, planned.left)
    const [notRead] = planned.right.unread
    return notRead === undefined ? yield* apply(context, begun, planned.right) : unread(notRead.reason, undefined)
  })

const audit = ({ checkpoint }: Begun): Effect.Effect<Performed, never, CheckpointPermissions> =>
  Effect.gen(function* () {
    const read = yield* Effect.either(Access.audit([checkpoint], { concurrency: 1 }))
    if (Either.isLeft(read)) {
      const row = {
        checkpoint,
        readAt: yield* DateTime.now,
        complete: false as const,
        reason: read.left.message,
        permissions: []
      }
      return { complete: false, error: read.left, last: [{ _tag: "Audited", row }] }
    }
    const { rows } = read.right
    return {
      complete: rows.every(({ complete }) => complete),
      error: undefined,
      last: rows.map((row): Happening => ({ _tag: "Audited", row }))
    }
  })

/** Does what a job wants at a checkpoint. */
export const perform = (
  context: Context,
  begun: Begun
): Effect.Effect<Performed, JournalFailed, CheckpointPermissions> =>
  Effect.gen(function* () {
    const task = yield* Task.decode(begun.task)
    switch (task._tag) {
      case "Apply":
        return yield* apply(context, begun, { ...task.plan, createdAt: yield* DateTime.now })
      case "Revoke":
        return yield* revoke(context, begun, task.projects)
      case "Audit":
        return yield* audit(begun)
    }
  })
