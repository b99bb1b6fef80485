/**
 * What audits of jobs found: as a matrix, and held against a policy.
 *
 * @since 0.1.0
 */
import type { AccessMatrix } from "@checkpoint-permissions/access/AccessMatrix"
import type { AccessPolicy } from "@checkpoint-permissions/access/AccessPolicy"
import * as Effect from "effect/Effect"
import { matrixOf, type Report, reportOf } from "./internal/audits/report.ts"
import type { JobId } from "./Job.ts"
import { Jobs } from "./Jobs.ts"
import type { JobNotFound, StoreUnavailable } from "./StoreError.ts"

export type { Report } from "./internal/audits/report.ts"

/**
 * The matrix of an audit, as far as it has come.
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
  Effect.flatMap(Jobs, (jobs) => Effect.flatMap(jobs.get(id), (job) => matrixOf(jobs, job)))

/**
 * What an audit shows that a policy does not want.
 *
 * @category getters
 */
export const report = (id: JobId, policy: AccessPolicy): Effect.Effect<Report, JobNotFound | StoreUnavailable, Jobs> =>
  Effect.flatMap(Jobs, (jobs) => reportOf(jobs, id, policy))
