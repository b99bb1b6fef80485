import type { AccessPlan } from "@checkpoint-permissions/access"
import { Chunk, Effect, Stream } from "effect"
import { type Job, Jobs } from "../../src/index.ts"

/** Follows a job to its end: its events, and how it ended. */
export const ended = (id: Job.JobId) =>
  Effect.gen(function* () {
    const jobs = yield* Jobs.Jobs
    const events = Chunk.toReadonlyArray(yield* Stream.runCollect(jobs.follow(id)))
    return { events, job: yield* jobs.get(id) }
  })

/** Submits a plan and follows it to its end. */
export const applied = (plan: AccessPlan.AccessPlan, options: Partial<Jobs.PlanOptions> = {}) =>
  Effect.gen(function* () {
    const jobs = yield* Jobs.Jobs
    const { job } = yield* jobs.submit(plan, { actor: "test", ...options })
    return yield* ended(job.id)
  })

/** The most checkpoints that were begun and not ended at one time. */
export const mostAtOnce = (events: ReadonlyArray<Job.Event>): number => {
  let open = 0
  let most = 0
  for (const { happening } of events) {
    if (happening._tag === "Began") open += 1
    if (happening._tag === "Step" && happening.step._tag === "CheckpointFinished") open -= 1
    most = Math.max(most, open)
  }
  return most
}

/** The tags of events, those of steps after a colon, with how often each comes. */
export const tally = (events: ReadonlyArray<Job.Event>): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const { happening } of events) {
    const tag = happening._tag === "Step" ? happening.step._tag : happening._tag
    counts[tag] = (counts[tag] ?? 0) + 1
  }
  return counts
}
