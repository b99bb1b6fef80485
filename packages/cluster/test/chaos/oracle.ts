/** What has to hold of a run. */
import type { Job } from "../../src/index.ts"
import type { Result } from "./run.ts"

interface Turn {
  readonly worker: string
  readonly at: number
}

/** Who has begun each checkpoint when, by the clock of the store, which is that of this machine. */
const turnsOf = (events: ReadonlyArray<Job.Event>): ReadonlyMap<string, ReadonlyArray<Turn>> => {
  const turns = new Map<string, Array<Turn>>()
  for (const { at, happening } of events) {
    if (happening._tag !== "Began") continue
    const of = turns.get(happening.checkpoint) ?? []
    turns.set(happening.checkpoint, of)
    of.push({ worker: happening.worker, at: at.epochMillis })
  }
  return turns
}

/** Requests of a worker that came after another one had begun the checkpoint: two at work at once. */
export const overlaps = ({ events, requests }: Result, keyOf: (request: Result["requests"][number]) => string) => {
  const turns = turnsOf(events)
  return requests.flatMap((request) => {
    const of = turns.get(request.checkpoint ?? "") ?? []
    const current = of.filter(({ at }) => at <= request.time).at(-1)
    const key = keyOf(request)
    // Two clocks that are read one after the other may be a millisecond apart.
    const isNear = of.some(({ at }) => Math.abs(at - request.time) <= 2)
    return current === undefined || current.worker === key || isNear
      ? []
      : [
          `${request.operation} of ${request.checkpoint} by ${key} in the turn of ${current.worker}, which began ${request.time - current.at} ms before`
        ]
  })
}

/** Checkpoints whose permissions are not exactly one for each wanted project. */
export const wrong = (found: Result["after"], wanted: Result["wanted"]): number =>
  found.filter((projects) => projects.join() !== [...wanted].sort().join()).length

/** What is wrong with the events: a gap, or a checkpoint that ended twice or not at all. */
export const faults = ({ events, job }: Result): ReadonlyArray<string> => {
  const finished = new Map<string, number>()
  for (const { happening } of events) {
    if (happening._tag !== "Step" || happening.step._tag !== "CheckpointFinished") continue
    const { checkpoint } = happening.step
    finished.set(checkpoint, (finished.get(checkpoint) ?? 0) + 1)
  }
  return [
    ...events.flatMap(({ number }, index) => (number === index + 1 ? [] : [`event ${index + 1} is missing`])),
    ...[...finished].flatMap(([checkpoint, times]) => (times === 1 ? [] : [`${checkpoint} ended ${times} times`])),
    ...(finished.size === job.checkpoints.total ? [] : [`${finished.size} of ${job.checkpoints.total} ended`])
  ]
}
