/** An audit at set times, and what it shows that a policy does not want. */
import { type AccessPolicy, resolve } from "@checkpoint-permissions/access/AccessPolicy"
import * as ClusterCron from "@effect/cluster/ClusterCron"
import * as SqlClient from "@effect/sql/SqlClient"
import type { Cron } from "effect/Cron"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { type Report, report } from "../../Audits.ts"
import type { Target } from "../../Job.ts"
import * as Jobs from "../../Jobs.ts"
import type { Service as Store } from "../store/store.ts"

/**
 * An audit at set times, of the checkpoints that a policy names.
 *
 * @category models
 */
export interface Nightly {
  /** When. Such as `Cron.unsafeParse("0 3 * * *", "UTC")`. */
  readonly cron: Cron
  /** The policy, read anew each time. If it fails, the night is left out, with a warning. */
  readonly policy: Effect.Effect<AccessPolicy, { readonly message: string }>
  /** Receives what was found. It runs on the one worker that made the audit. */
  readonly onReport: (report: Report) => Effect.Effect<void>
  /** Who submits it, for the journal. Default: `nightly audit`. */
  readonly actor?: string | undefined
}

/** One worker of the scope makes it. A night that nobody was there is left out. */
export const layer = (
  { prefix, sql }: Store,
  scope: string,
  target: Target,
  { actor = "nightly audit", cron, onReport, policy }: Nightly
) =>
  ClusterCron.make({
    name: "checkpoint-permissions/nightly",
    cron,
    shardGroup: scope,
    execute: Effect.gen(function* () {
      const jobs = yield* Jobs.Jobs
      const wanted = yield* policy
      const checkpoints = (yield* Effect.orDie(resolve(wanted))).map(({ checkpoint }) => checkpoint)
      const { job } = yield* jobs.audit(target, checkpoints, { actor })
      yield* Stream.runDrain(jobs.follow(job.id))
      yield* onReport(yield* report(job.id, wanted))
    })
  }).pipe(Layer.provide(Jobs.layer({ prefix })), Layer.provide(Layer.succeed(SqlClient.SqlClient, sql)))
