/** What an audit of a job found. */
import type { AccessMatrix, Row } from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import type { AccessPolicy } from "@checkpoint-permissions/access/AccessPolicy"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Job, JobId } from "../../Job.ts"
import type { JobNotFound, StoreUnavailable } from "../../StoreError.ts"
import type { Service as Jobs } from "../jobs/model.ts"

/**
 * What an audit found, held against a policy.
 *
 * @category models
 */
export interface Report {
  readonly job: Job
  readonly matrix: AccessMatrix
  /**
   * What would have to be done: `AccessPlan.isEmpty` if nothing has drifted. Checkpoints that the audit did not read
   * are `unread`. It is for people: it is as old as the audit.
   */
  readonly drift: AccessPlan.AccessPlan
}

/** The matrix of an audit, as far as it has come. A checkpoint that was not read is not in it. */
export const matrixOf = (jobs: Jobs, job: Job): Effect.Effect<AccessMatrix, JobNotFound | StoreUnavailable> =>
  Effect.map(
    Stream.runFold(jobs.events(job.id), new Map<string, Row>(), (rows, { happening }) =>
      happening._tag === "Audited" ? rows.set(happening.row.checkpoint, happening.row) : rows
    ),
    (rows) => ({
      format: "checkpoint-permissions/matrix",
      version: 1,
      createdAt: job.startedAt ?? job.createdAt,
      ...job.target,
      names: {},
      projects: [],
      rows: [...rows.values()]
    })
  )

export const reportOf = (
  jobs: Jobs,
  id: JobId,
  policy: AccessPolicy
): Effect.Effect<Report, JobNotFound | StoreUnavailable> =>
  Effect.gen(function* () {
    const job = yield* jobs.get(id)
    const matrix = { ...(yield* matrixOf(jobs, job)), names: policy.names ?? {} }
    return { job, matrix, drift: yield* AccessPlan.fromMatrix(policy, matrix) }
  })
