/** One checkpoint of a job, from its first request to its last. */
import * as Access from "@checkpoint-permissions/access/Access"
import type { AccessPlan } from "@checkpoint-permissions/access/AccessPlan"
import { type Entry, type Journal, JournalFailed } from "@checkpoint-permissions/access/Journal"
import type { Locks } from "@checkpoint-permissions/access/Lock"
import type { CheckpointPermissions } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Happening } from "../../Job.ts"
import { append } from "../store/events.ts"
import type { Service as Store } from "../store/store.ts"
import { type Begun, intend } from "../store/tasks.ts"
import { untilReached } from "./again.ts"

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

type Performing = Effect.Effect<Performed, JournalFailed, CheckpointPermissions>

const journalFailed = (reason: string) => new JournalFailed({ journal: "the store of jobs", reason })

/**
 * The journal of a job. An intent is stored only while nobody else has begun the checkpoint, and its write is not sent
 * otherwise. What a write came to is a fact, whoever works there now.
 */
const journalOf = (store: Store, begun: Begun): Journal => ({
  write: (entries) => {
    const lines = entries.map(
      (entry: Entry): Happening => ({ _tag: "Journaled", entry: { ...entry, plan: begun.of.plan ?? null } })
    )
    const written = entries.every(({ event }) => event === "intent")
      ? intend(store, begun, lines)
      : append(store, begun.job, lines).pipe(store.sql.withTransaction, Effect.as(true))
    return written.pipe(
      Effect.catchAll(({ message }) => journalFailed(message ?? "it is away")),
      Effect.flatMap((isOurs) =>
        isOurs ? Effect.void : journalFailed("another worker has begun this checkpoint since")
      )
    )
  }
})

/** Steps that come within this time are stored together. */
const together = "50 millis"

/** The most steps that are stored together. */
const maxTogether = 200

/** Applies a plan of one checkpoint. */
const apply = ({ locks, store }: Context, begun: Begun, plan: AccessPlan): Performing =>
  Effect.gen(function* () {
    let complete = false
    let error: PermissionsError | undefined
    let last: ReadonlyArray<Happening> = []
    const options = {
      concurrency: 1,
      // The deadline of the job is what counts, by the clock of the store.
      maxAge: Duration.infinity,
      journal: journalOf(store, begun),
      actor: begun.of.actor ?? undefined,
      locks
    }
    yield* Access.apply(plan, options).pipe(
      Stream.filter((step) => step._tag !== "Stopped"),
      Stream.groupedWithin(maxTogether, together),
      Stream.runForEach((steps) => {
        const happenings = Array.from(steps, (step): Happening => ({ _tag: "Step", step }))
        let isLast = false
        for (const step of steps) {
          if (step._tag === "Failed") error ??= step.error
          if (step._tag !== "CheckpointFinished") continue
          complete = step.complete
          isLast = true
        }
        if (isLast) last = happenings
        return isLast
          ? Effect.void
          : untilReached("to store what was done")(store.sql.withTransaction(append(store, begun.job, happenings)))
      }),
      // The plan was made for this server, and no limit was given.
      Effect.catchTag("PlanRefused", Effect.die),
      Effect.catchIf(
        (failure): failure is PermissionsError => failure._tag !== "JournalFailed",
        (failure) =>
          Effect.sync(() => {
            error ??= failure
          })
      )
    )
    return { complete, error, last }
  })

/** Reads the checkpoint, and applies what is planned by that. */
const change = (
  context: Context,
  begun: Begun,
  planned: Effect.Effect<AccessPlan, PermissionsError, CheckpointPermissions>
): Performing => {
  const unread = (reason: string, error?: PermissionsError): Performed => ({
    complete: false,
    error,
    last: [{ _tag: "Unread", checkpoint: begun.checkpoint, reason }]
  })
  return Effect.matchEffect(planned, {
    onFailure: (error) => Effect.succeed(unread(error.message, error)),
    onSuccess: (plan) => {
      const [notRead] = plan.unread
      return notRead === undefined ? apply(context, begun, plan) : Effect.succeed(unread(notRead.reason))
    }
  })
}

const audit = ({ checkpoint }: Begun): Performing =>
  Access.audit([checkpoint], { concurrency: 1 }).pipe(
    Effect.map(({ rows }) => ({ rows, error: undefined })),
    Effect.catchAll((error) =>
      Effect.map(DateTime.now, (readAt) => ({
        rows: [{ checkpoint, readAt, complete: false as const, reason: error.message, permissions: [] }],
        error
      }))
    ),
    Effect.map(({ error, rows }) => ({
      complete: rows.every(({ complete }) => complete),
      error,
      last: rows.map((row): Happening => ({ _tag: "Audited", row }))
    }))
  )

/** Does what a job wants at a checkpoint. */
export const perform = (context: Context, begun: Begun): Performing => {
  const { checkpoint, task } = begun
  switch (task._tag) {
    case "Apply":
      return Effect.flatMap(DateTime.now, (createdAt) => apply(context, begun, { ...task.plan, createdAt }))
    case "Grant": {
      const checkpoints = { [checkpoint]: { mode: "at-least", projects: task.projects } } as const
      return change(context, begun, Access.plan({ version: 1, checkpoints }))
    }
    case "Revoke":
      return change(context, begun, Access.planRevoke([checkpoint], task.projects))
    case "Audit":
      return audit(begun)
  }
}
