/**
 * What audits of jobs found: as a matrix, and held against a policy.
 *
 * @since 0.1.0
 */
import type { AccessMatrix, Row } from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import type { AccessPolicy } from "@checkpoint-permissions/access/AccessPolicy"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Job, JobId } from "./Job.ts"
import { Jobs } from "./Jobs.ts"
import type { JobNotFound, StoreUnavailable } from "./StoreError.ts"

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

const found = Effect.fnUntraced(function* (id: JobId, names: AccessMatrix["names"]) {
  const jobs = yield* Jobs
  const job = yield* jobs.get(id)
  const rows = yield* Stream.runFold(jobs.events(id), new Map<string, Row>(), (rows, { happening }) =>
    happening._tag === "Audited" ? rows.set(happening.row.checkpoint, happening.row) : rows
  )
  const matrix: AccessMatrix = {
    format: "checkpoint-permissions/matrix",
    version: 1,
    createdAt: job.startedAt ?? job.createdAt,
    ...job.target,
    names,
    projects: [],
    rows: [...rows.values()]
  }
  return { job, matrix }
})

/**
 * The matrix of an audit, as far as it has come. A checkpoint that was not read is not in it.
 *
 * @example
 * ```ts
 * import { AccessMatrix } from "@checkpoint-permissions/access"
 * import { Audits, type Job } from "@checkpoint-permissions/cluster"
 * import { Console, Effect } from "effect"
 *
 * const shown = (id: Job.JobId) =>
 *   Effect.flatMap(Audits.matrix(id), (matrix) => Console.log(AccessMatrix.toTable(matrix)))
 * ```
 *
 * @category getters
 */
export const matrix = (id: JobId): Effect.Effect<AccessMatrix, JobNotFound | StoreUnavailable, Jobs> =>
  Effect.map(found(id, {}), ({ matrix }) => matrix)

/**
 * What an audit shows that a policy does not want.
 *
 * @category getters
 */
export const report = (id: JobId, policy: AccessPolicy): Effect.Effect<Report, JobNotFound | StoreUnavailable, Jobs> =>
  Effect.flatMap(found(id, policy.names ?? {}), (audit) =>
    Effect.map(AccessPlan.fromMatrix(policy, audit.matrix), (drift) => ({ ...audit, drift }))
  )
