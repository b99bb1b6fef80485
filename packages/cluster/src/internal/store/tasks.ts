/** The checkpoints of a job, and what is to be done at each. */

import { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type Happening, type Job, JobId } from "../../Job.ts"
import { type Admission, admit } from "../rules/admission.ts"
import { Task } from "../task.ts"
import { append } from "./events.ts"
import { get } from "./jobs.ts"
import { Count, decoded } from "./rows.ts"
import { Durable, inTransaction, type Service } from "./store.ts"

/** A checkpoint of a job. */
export interface Place {
  readonly job: JobId
  readonly position: number
}

const Open = Schema.Struct({ position: Count, attempt: Count, entity: Schema.String, checkpoint: CheckpointId })

/** A checkpoint that nobody is done with. */
export interface Open extends Schema.Schema.Type<typeof Open> {}

/** How many checkpoints one query reads. */
const pageSize = 500

/** The next checkpoints of a job that nobody is done with, after a position. */
export const open = ({ sql, tables }: Service, job: JobId, after: number) =>
  decoded(Schema.Array(Open))(sql`SELECT position, attempt, entity, checkpoint FROM ${tables.tasks}
    WHERE job = ${job} AND state <> 'finished' AND position > ${after} ORDER BY position LIMIT ${pageSize}`)

const Row = Schema.Struct({
  entity: Schema.String,
  checkpoint: CheckpointId,
  task: Task,
  state: Schema.Literal("pending", "begun", "finished"),
  attempt: Count,
  latest: Schema.NullOr(Schema.compose(Count, JobId)),
  now: Count
})

/** A checkpoint that a worker has begun. */
export interface Begun extends Place {
  /** The job, as it was then. */
  readonly of: Job
  readonly checkpoint: CheckpointId
  readonly task: Task
  /** Counts the workers that have begun it: who finds a higher one has lost it. */
  readonly attempt: number
}

/** What a worker is to do with a checkpoint whose turn has come. */
export type Decision = { readonly _tag: "Do"; readonly begun: Begun } | Exclude<Admission, { readonly _tag: "Begin" }>

/** Notes that nothing more is done at a checkpoint, within the transaction of the caller. */
const close = Effect.fnUntraced(function* (
  store: Service,
  { job, position }: Place,
  complete: boolean,
  happenings: ReadonlyArray<Happening>
) {
  const { sql, tables } = store
  yield* sql`UPDATE ${tables.tasks} SET state = 'finished' WHERE job = ${job} AND position = ${position}`
  yield* sql`UPDATE ${tables.jobs}
    SET finished = finished + 1, complete = complete + ${complete ? 1 : 0} WHERE id = ${job}`
  yield* append(store, job, happenings)
})

/** Begins a checkpoint, or says why it is not to be begun. */
export const begin = Effect.fnUntraced(function* (
  store: Service,
  place: Place,
  worker: string
): Effect.fn.Return<Decision, SqlError> {
  const { forUpdate, now, sql, tables } = store
  const [row] = yield* decoded(Schema.Array(Row))(sql`SELECT entity, checkpoint, task, state, attempt,
    (SELECT u.job FROM ${tables.touched} u WHERE u.entity = t.entity) AS latest, ${now} AS now
    FROM ${tables.tasks} t WHERE job = ${place.job} AND position = ${place.position} ${forUpdate}`)
  const job = yield* get(store, place.job)
  if (row === undefined || Option.isNone(job)) return { _tag: "Over" }
  const { checkpoint, entity, state, task } = row
  const isAudit = job.value.kind === "audit"
  // Who only reads undoes nobody's will.
  const latest = isAudit ? undefined : (row.latest ?? undefined)
  const admission = admit({ job: job.value, isFinished: state === "finished", latest, now: row.now })
  if (admission._tag === "Refused") {
    yield* close(store, place, false, [{ _tag: "Refused", checkpoint, reason: admission.reason, by: admission.by }])
    return admission
  }
  if (admission._tag !== "Begin") return admission
  const attempt = row.attempt + 1
  yield* sql`UPDATE ${tables.tasks} SET state = 'begun', attempt = ${attempt}
    WHERE job = ${place.job} AND position = ${place.position}`
  if (!isAudit) {
    yield* sql`INSERT INTO ${tables.touched} (entity, job) VALUES (${entity}, ${place.job})
      ON CONFLICT (entity) DO UPDATE SET job = excluded.job`
  }
  yield* append(store, place.job, [{ _tag: "Began", checkpoint, worker, attempt }])
  return { _tag: "Do", begun: { ...place, of: job.value, checkpoint, task, attempt } }
}, inTransaction)

/**
 * Does it unless another worker has begun the checkpoint since, whose row is locked until the transaction ends. Gives
 * whether it was done.
 */
const unlessLost = Effect.fnUntraced(function* (
  { forUpdate, sql, tables }: Service,
  { attempt, job, position }: Begun,
  work: Effect.Effect<void, SqlError>
) {
  const ours = yield* sql`SELECT state FROM ${tables.tasks}
    WHERE job = ${job} AND position = ${position} AND state = 'begun' AND attempt = ${attempt} ${forUpdate}`
  if (ours.length > 0) yield* work
  return ours.length > 0
}, inTransaction)

/** Adds the intents of writes that are to be sent. Where they are not added, the writes must not be sent. */
export const intend = (store: Service, begun: Begun, intents: ReadonlyArray<Happening>) =>
  Effect.provideService(unlessLost(store, begun, append(store, begun.job, intents)), Durable, true)

/** Ends a checkpoint. */
export const finish = (store: Service, begun: Begun, complete: boolean, happenings: ReadonlyArray<Happening>) =>
  unlessLost(store, begun, close(store, begun, complete, happenings))

/** Whether further checkpoints of a job may be begun: nobody has stopped or ended it, and it is not too late. */
export const goesOn = ({ now, sql, tables }: Service, job: JobId) =>
  Effect.map(
    sql`SELECT id FROM ${tables.jobs} WHERE id = ${job} AND state <> 'ended' AND stopping = 0 AND deadline >= ${now}`,
    (found) => found.length > 0
  )
