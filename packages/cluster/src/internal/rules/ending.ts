/** What a job has come to. */
import type { Outcome } from "../../Job.ts"

export interface Counts {
  readonly total: number
  readonly finished: number
  readonly complete: number
}

/** Why no further checkpoint is begun. */
export interface Cut {
  readonly stopping: boolean
  readonly late: boolean
  /** An error that every other checkpoint would meet too. */
  readonly failure: string | undefined
}

/** The outcome of a job of which nothing is being done any more, or none while it has to go on. */
export const outcomeOf = ({ complete, finished, total }: Counts, cut: Cut): Outcome | undefined => {
  if (cut.failure !== undefined) return "failed"
  if (finished >= total) return complete >= total ? "done" : "incomplete"
  if (cut.stopping) return "stopped"
  return cut.late ? "expired" : undefined
}
