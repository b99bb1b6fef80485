/** Whether a checkpoint of a job is begun when its turn comes. */
import * as DateTime from "effect/DateTime"
import type { Job, JobId, Refusal } from "../../Job.ts"

/** What the store says of a checkpoint of a job. */
export interface Situation {
  readonly job: Pick<Job, "id" | "state" | "stopping" | "deadline">
  readonly isFinished: boolean
  /** The latest job that has begun to change the checkpoint. */
  readonly latest: JobId | undefined
  /** Milliseconds, by the store's clock. */
  readonly now: number
}

export type Admission =
  | { readonly _tag: "Begin" }
  /** Nothing is to be done: the checkpoint, or the job as a whole, has ended. */
  | { readonly _tag: "Over" }
  /** The checkpoint stays as it is, and so does its row: the job may not begin it any more. */
  | { readonly _tag: "Stopped" }
  | { readonly _tag: "Refused"; readonly reason: Refusal; readonly by?: JobId }

/**
 * A message may be read long after it was sent: its job may have ended or been stopped, its deadline may be over, or
 * somebody who came later may have been at the checkpoint already, whose will it must not undo.
 */
export const admit = ({ isFinished, job, latest, now }: Situation): Admission => {
  if (isFinished || job.state === "ended") return { _tag: "Over" }
  if (job.stopping) return { _tag: "Stopped" }
  if (latest !== undefined && latest > job.id) return { _tag: "Refused", reason: "superseded", by: latest }
  if (now > DateTime.toEpochMillis(job.deadline)) return { _tag: "Refused", reason: "deadline" }
  return { _tag: "Begin" }
}
