/**
 * A job as everybody sees it: what was submitted, how far it is, and what has happened, event by event.
 *
 * @since 0.1.0
 */
import { Row } from "@checkpoint-permissions/access/AccessMatrix"
import { AccessStep } from "@checkpoint-permissions/access/AccessStep"
import { Entry } from "@checkpoint-permissions/access/Journal"
import { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import * as Schema from "effect/Schema"

/**
 * The number of a job in its store. A job with a higher number was submitted later.
 *
 * @category models
 */
export const JobId = Schema.Int.pipe(Schema.positive(), Schema.brand("JobId"))

/** @category models */
export type JobId = typeof JobId.Type

/**
 * The server that a job is for, as `CheckpointPermissions.server` names it. Only workers of the same server and
 * organization work on it.
 *
 * @example
 * ```ts
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { Job } from "@checkpoint-permissions/cluster"
 * import { Effect } from "effect"
 *
 * const target = Effect.map(CheckpointPermissions.server, Job.targetOf)
 * ```
 *
 * @category models
 */
export const Target = Schema.Struct({
  apiUrl: Schema.String,
  organization: Schema.optionalWith(Schema.String, { exact: true })
})

/** @category models */
export interface Target extends Schema.Schema.Type<typeof Target> {}

/**
 * The server and organization of what names more than these, such as a plan.
 *
 * @category constructors
 */
export const targetOf = ({
  apiUrl,
  organization
}: {
  readonly apiUrl: string
  readonly organization?: string | undefined
}): Target => (organization === undefined ? { apiUrl } : { apiUrl, organization })

/**
 * What is done at each checkpoint of a job: its part of a plan is applied, projects are granted or revoked, or it is
 * read.
 *
 * @category models
 */
export const Kind = Schema.Literal("apply", "grant", "revoke", "audit")

/** @category models */
export type Kind = typeof Kind.Type

/**
 * How a job ended. `done`: every checkpoint is as wanted, or was read. `incomplete`: some are not. `stopped`: somebody
 * stopped it. `expired`: its deadline was over. `failed`: what failed would have failed everywhere, as when the key is
 * not accepted. Of the last three, some checkpoints were not begun.
 *
 * @category models
 */
export const Outcome = Schema.Literal("done", "incomplete", "stopped", "expired", "failed")

/** @category models */
export type Outcome = typeof Outcome.Type

/** @category models */
export const Job = Schema.Struct({
  id: JobId,
  kind: Kind,
  target: Target,
  /** Of what it is to come to: two jobs with the same digest want the same. For an apply it is the policy's. */
  digest: Schema.String,
  /** SHA-256 of the plan that is applied, as `AccessPlan.sha256Of` gives it. */
  plan: Schema.optionalWith(Schema.String, { exact: true }),
  /** The most permissions that it may delete, if the submitter set a limit. */
  maxRevokes: Schema.optionalWith(Schema.Int, { exact: true }),
  /** Who submitted it; null where nobody was named. */
  actor: Schema.NullOr(Schema.String),
  state: Schema.Literal("queued", "running", "ended"),
  outcome: Schema.optionalWith(Outcome, { exact: true }),
  reason: Schema.optionalWith(Schema.String, { exact: true }),
  /** Somebody asked for it to stop: no further checkpoint is begun. */
  stopping: Schema.Boolean,
  /** Times are the store's. */
  createdAt: Schema.DateTimeUtcFromSelf,
  startedAt: Schema.optionalWith(Schema.DateTimeUtcFromSelf, { exact: true }),
  endedAt: Schema.optionalWith(Schema.DateTimeUtcFromSelf, { exact: true }),
  /** A checkpoint that was not begun by then is not begun any more. */
  deadline: Schema.DateTimeUtcFromSelf,
  checkpoints: Schema.Struct({
    total: Schema.Int,
    /** Nothing more is done at these. */
    finished: Schema.Int,
    /** Of these, the ones that are as wanted, or were read to the end. */
    complete: Schema.Int
  })
})

/** @category models */
export interface Job extends Schema.Schema.Type<typeof Job> {}

/**
 * Why a checkpoint of a job was not begun, or not begun again. `superseded`: a job that was submitted later has been at
 * the checkpoint. `deadline`: it was the job's turn too late.
 *
 * @category models
 */
export const Refusal = Schema.Literal("superseded", "deadline")

/** @category models */
export type Refusal = typeof Refusal.Type

/**
 * What happened in a job.
 *
 * @category models
 */
export const Happening = Schema.Union(
  /** A worker took up the job, for the first time or after another one was lost. */
  Schema.TaggedStruct("Started", { worker: Schema.String }),
  /**
   * A worker began a checkpoint. With `attempt` above 1 an earlier worker was lost on the way: what it did is read
   * first, so the steps may name it again.
   */
  Schema.TaggedStruct("Began", { checkpoint: CheckpointId, worker: Schema.String, attempt: Schema.Int }),
  /** What an apply, a grant or a revoke has done. Never `Stopped`, which a job says with `Ended`. */
  Schema.TaggedStruct("Step", { step: AccessStep }),
  Schema.TaggedStruct("Journaled", { entry: Entry }),
  /** The checkpoint could not be read, so nothing was granted or revoked. */
  Schema.TaggedStruct("Unread", { checkpoint: CheckpointId, reason: Schema.String }),
  Schema.TaggedStruct("Audited", { row: Row }),
  Schema.TaggedStruct("Refused", {
    checkpoint: CheckpointId,
    reason: Refusal,
    /** The later job, if that was the reason. */
    by: Schema.optional(JobId)
  }),
  Schema.TaggedStruct("StopRequested", { actor: Schema.NullOr(Schema.String) }),
  Schema.TaggedStruct("Ended", {
    outcome: Outcome,
    /** Checkpoints that nobody is done with. */
    remaining: Schema.Int,
    reason: Schema.optional(Schema.String)
  })
)

/** @category models */
export type Happening = typeof Happening.Type

/**
 * A happening with its number in the job, from 1, without a gap. To go on following a job, remember the number of the
 * last event.
 *
 * @category models
 */
export const Event = Schema.Struct({
  job: JobId,
  number: Schema.Int,
  /** By the store's clock. */
  at: Schema.DateTimeUtcFromSelf,
  happening: Happening
})

/** @category models */
export interface Event extends Schema.Schema.Type<typeof Event> {}

/**
 * Whether a job works, or is to work, towards its end.
 *
 * @category predicates
 */
export const isActive = (job: Job): boolean => job.state !== "ended"
