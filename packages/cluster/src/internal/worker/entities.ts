/** What workers send to each other through the store. No message holds a key, a plan or a policy. */
import { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import { ClientTracingEnabled, Persisted, ShardGroup, Uninterruptible } from "@effect/cluster/ClusterSchema"
import * as Entity from "@effect/cluster/Entity"
import * as Rpc from "@effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { JobId } from "../../Job.ts"
import { groupOf } from "../rules/target.ts"

/** What a turn of a checkpoint came to, for the job that sent it. The store says the rest. */
export const Report = Schema.Struct({
  error: Schema.optional(PermissionsError),
  asked: Schema.Boolean
})

export interface Report extends Schema.Schema.Type<typeof Report> {}

/**
 * One writer for each checkpoint: its messages are handled one after the other. A message that was sent again after its
 * worker was lost has a higher attempt; it finds the work done when its turn comes.
 */
export const CheckpointEntity = Entity.make("checkpoint-permissions/checkpoint", [
  Rpc.make("work", {
    payload: { job: JobId, position: Schema.Int, attempt: Schema.Int, once: Schema.Boolean },
    primaryKey: ({ attempt, job, position }) => `${job}/${position}/${attempt}`,
    success: Report
  })
])
  .annotateRpcs(Persisted, true)
  .annotateRpcs(Uninterruptible, "client")
  .annotate(ShardGroup, groupOf)
  .annotate(ClientTracingEnabled, false)

/** One worker for each job: it hands out the checkpoints, a few at a time. */
export const JobEntity = Entity.make("checkpoint-permissions/job", [
  Rpc.make("run", { payload: { job: JobId }, primaryKey: ({ job }) => `${job}` })
])
  .annotateRpcs(Persisted, true)
  .annotateRpcs(Uninterruptible, "client")
  .annotate(ShardGroup, groupOf)
  .annotate(ClientTracingEnabled, false)
