/**
 * What can go wrong with a store of jobs.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { JobId } from "./Job.ts"

/**
 * The store cannot be reached, or refuses what it is asked. Nothing is lost: what it has acknowledged is there, and
 * jobs go on when it is back.
 *
 * @category errors
 */
export class StoreUnavailable extends Schema.TaggedError<StoreUnavailable>()("StoreUnavailable", {
  action: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `the store of jobs cannot be used (${this.action}): ${this.reason}`
  }
}

/**
 * The store was made by another version of this package.
 *
 * @category errors
 */
export class StoreVersionMismatch extends Schema.TaggedError<StoreVersionMismatch>()("StoreVersionMismatch", {
  found: Schema.Int,
  expected: Schema.Int
}) {
  override get message(): string {
    return `the store of jobs has version ${this.found}, and this program needs version ${this.expected}: use the program that made it, or another store`
  }
}

/**
 * @example
 * ```ts
 * import { type Job, Jobs } from "@checkpoint-permissions/cluster"
 * import { Effect } from "effect"
 *
 * const isKnown = (id: Job.JobId) =>
 *   Effect.flatMap(Jobs.Jobs, (jobs) => jobs.get(id)).pipe(
 *     Effect.as(true),
 *     Effect.catchTag("JobNotFound", () => Effect.succeed(false))
 *   )
 * ```
 *
 * @category errors
 */
export class JobNotFound extends Schema.TaggedError<JobNotFound>()("JobNotFound", { id: JobId }) {
  override get message(): string {
    return `there is no job ${this.id} in this store: it may have been pruned`
  }
}

/**
 * A store cannot be opened.
 *
 * @category errors
 */
export type OpenError = StoreUnavailable | StoreVersionMismatch
