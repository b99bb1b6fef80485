/**
 * Jobs in a store: to submit them, to follow and to stop them. No key is needed, and no worker has to run in the same
 * process.
 *
 * @since 0.1.0
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { make } from "./internal/jobs/jobs.ts"
import type { Options, Service } from "./internal/jobs/model.ts"
import * as store from "./internal/store/layer.ts"
import { Store } from "./internal/store/store.ts"
import type { OpenError } from "./StoreError.ts"

export type {
  FollowOptions,
  ListOptions,
  Options,
  PlanOptions,
  Service,
  SubmitOptions,
  Submitted
} from "./internal/jobs/model.ts"

/**
 * @example
 * ```ts
 * import type { AccessPlan } from "@checkpoint-permissions/access"
 * import { Jobs } from "@checkpoint-permissions/cluster"
 * import { Console, Effect, Stream } from "effect"
 *
 * const applied = Effect.fn(function* (plan: AccessPlan.AccessPlan) {
 *   const jobs = yield* Jobs.Jobs
 *   const { job, joined } = yield* jobs.submit(plan, { actor: "release-bot", maxRevokes: 10 })
 *   yield* Console.log(joined ? `somebody submitted it already: job ${job.id}` : `job ${job.id}`)
 *   yield* Stream.runForEach(jobs.follow(job.id), ({ happening }) => Console.log(happening._tag))
 * })
 * ```
 *
 * @category tags
 */
export class Jobs extends Context.Tag("@checkpoint-permissions/cluster/Jobs")<Jobs, Service>() {}

/**
 * The jobs of a database. Makes the tables if they are not there, and fails if they are of another version.
 *
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<Jobs, OpenError, SqlClient.SqlClient> =>
  Layer.effect(
    Jobs,
    Effect.map(Store, (opened) => make(opened, options))
  ).pipe(Layer.provide(store.layer(options.prefix)))
