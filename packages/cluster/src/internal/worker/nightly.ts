/** An audit at set times, and what it shows that a policy does not want. */
import { resolve } from "@checkpoint-permissions/access/AccessPolicy"
import * as ClusterCron from "@effect/cluster/ClusterCron"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Target } from "../../Job.ts"
import { reportOf } from "../audits/report.ts"
import { make } from "../jobs/jobs.ts"
import type { Service as Store } from "../store/store.ts"
import type { Nightly } from "./model.ts"

/** One worker of the scope makes it. A night that nobody was there is left out. */
export const layer = (
  store: Store,
  scope: string,
  target: Target,
  { actor = "nightly audit", cron, onReport, policy }: Nightly
) => {
  const jobs = make(store, {})
  return ClusterCron.make({
    name: "checkpoint-permissions/nightly",
    cron,
    shardGroup: scope,
    execute: Effect.gen(function* () {
      const wanted = yield* policy
      const checkpoints = (yield* Effect.orDie(resolve(wanted))).map(({ checkpoint }) => checkpoint)
      const { job } = yield* jobs.audit(target, checkpoints, { actor })
      yield* Stream.runDrain(jobs.follow(job.id))
      yield* onReport(yield* reportOf(jobs, job.id, wanted))
    })
  })
}
