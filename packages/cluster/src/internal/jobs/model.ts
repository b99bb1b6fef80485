/** What callers do with jobs, as types. */
import type { AccessPlan, PlanRefused } from "@checkpoint-permissions/access/AccessPlan"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { Event, Job, JobId, Target } from "../../Job.ts"
import type { JobNotFound, StoreUnavailable } from "../../StoreError.ts"

/**
 * Who submits a job, and its deadline.
 *
 * @category models
 */
export interface SubmitOptions {
  readonly actor?: string | undefined
  /** For how long after the submission checkpoints may be begun. Default: 7 days, a day for a grant or a revoke. */
  readonly deadline?: Duration.DurationInput | undefined
}

/**
 * Who submits a plan, and when it is refused.
 *
 * @category models
 */
export interface PlanOptions extends SubmitOptions {
  /** Refuse a plan that revokes more permissions than this. Default: no limit. */
  readonly maxRevokes?: number | undefined
  /** Refuse a plan that is older than this, by the clock of this machine. Default: one day. */
  readonly maxAge?: Duration.DurationInput | undefined
  /** Refuse a plan that was made from another policy: what `AccessPolicy.digest` gives for it. */
  readonly policyDigest?: string | undefined
}

/**
 * What a submission came to.
 *
 * @category models
 */
export interface Submitted {
  readonly job: Job
  /** An active job wanted the same already: it is that one, with what its submitter confirmed. */
  readonly joined: boolean
}

/**
 * Which jobs are listed.
 *
 * @category models
 */
export interface ListOptions {
  readonly active?: boolean | undefined
  /** Default: 100. */
  readonly limit?: number | undefined
}

/**
 * From where on a job is followed.
 *
 * @category models
 */
export interface FollowOptions {
  /** Begin after the event with this number. Default: 0, the beginning. */
  readonly after?: number | undefined
}

/**
 * What callers do with jobs.
 *
 * @category models
 */
export interface Service {
  /**
   * Stores the parts of a plan, each with the permissions that it deletes: a worker deletes nothing else, apart from
   * doubles of what it grants. It reads each checkpoint before it writes there, and leaves what has drifted.
   */
  readonly submit: (plan: AccessPlan, options: PlanOptions) => Effect.Effect<Submitted, PlanRefused | StoreUnavailable>
  /** Gives projects access to a checkpoint, as `Access.grant` does. */
  readonly grant: (
    target: Target,
    checkpoint: CheckpointId,
    projects: ReadonlyArray<ProjectId>,
    options: SubmitOptions
  ) => Effect.Effect<Submitted, StoreUnavailable>
  /** Takes access to a checkpoint away from projects, as `Access.revoke` does. */
  readonly revoke: (
    target: Target,
    checkpoint: CheckpointId,
    projects: ReadonlyArray<ProjectId>,
    options: SubmitOptions
  ) => Effect.Effect<Submitted, StoreUnavailable>
  /** Reads checkpoints, as `Access.audit` does. The rows come as `Audited` events. */
  readonly audit: (
    target: Target,
    checkpoints: ReadonlyArray<CheckpointId>,
    options: SubmitOptions
  ) => Effect.Effect<Submitted, StoreUnavailable>
  readonly get: (id: JobId) => Effect.Effect<Job, JobNotFound | StoreUnavailable>
  readonly list: (options?: ListOptions) => Effect.Effect<ReadonlyArray<Job>, StoreUnavailable>
  readonly events: (id: JobId, options?: FollowOptions) => Stream.Stream<Event, JobNotFound | StoreUnavailable>
  /**
   * What has happened and what happens, until the job has ended. It waits for a store that is away for less than half a
   * minute.
   */
  readonly follow: (id: JobId, options?: FollowOptions) => Stream.Stream<Event, JobNotFound | StoreUnavailable>
  /** Asks for a job to stop: no further checkpoint is begun. Those that were begun come to their end. */
  readonly stop: (id: JobId, actor?: string) => Effect.Effect<Job, JobNotFound | StoreUnavailable>
  /** Deletes jobs that ended so long ago, with their events. Gives how many. */
  readonly prune: (options: { readonly olderThan: Duration.DurationInput }) => Effect.Effect<number, StoreUnavailable>
}

/**
 * Where jobs are kept, and how often a follower looks.
 *
 * @category models
 */
export interface Options {
  /** What the names of the tables begin with. Default: `checkpoint_permissions`. */
  readonly prefix?: string | undefined
  readonly pollInterval?: Duration.DurationInput | undefined
}
