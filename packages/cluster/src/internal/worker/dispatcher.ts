/** Finds new jobs. */
import * as Singleton from "@effect/cluster/Singleton"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { Kind } from "../../Job.ts"
import { jobEntityOf } from "../rules/target.ts"
import { active } from "../store/jobs.ts"
import type { Service as Store } from "../store/store.ts"
import { untilReached } from "./again.ts"
import { JobEntity } from "./entities.ts"

/**
 * One worker of each scope looks for active jobs, and sends each to its entity. A message that is there already is not
 * stored again. So whoever submits a job stores rows and nothing else.
 */
export const layer = (
  store: Store,
  scope: string,
  pollInterval: Duration.DurationInput,
  only: ReadonlyArray<Kind> | undefined
) =>
  Singleton.make(
    "checkpoint-permissions/dispatcher",
    Effect.gen(function* () {
      const job = yield* JobEntity.client
      let known: ReadonlySet<number> = new Set()
      const look = Effect.gen(function* () {
        const ids = yield* active(store, scope, only)
        for (const id of ids) {
          if (!known.has(id)) yield* job(jobEntityOf(scope, id)).run({ job: id }, { discard: true })
        }
        known = new Set(ids)
      })
      yield* Effect.repeat(untilReached("to look for jobs")(look), Schedule.spaced(pollInterval))
    }),
    { shardGroup: scope }
  )
