/** New jobs. */
import type { SqlError } from "@effect/sql/SqlError"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Job } from "../../Job.ts"
import { entityOf, scopeOf } from "../rules/target.ts"
import { Task } from "../task.ts"
import { end } from "./jobs.ts"
import { ids, jobs } from "./rows.ts"
import type { Service } from "./store.ts"

/** Rows of one statement: a driver takes so many parameters only. */
const rowsPerInsert = 500

export interface NewJob extends Pick<Job, "kind" | "target" | "digest" | "actor"> {
  readonly plan?: string | undefined
  readonly maxRevokes?: number | undefined
  /** Milliseconds from now. */
  readonly deadline: number
  readonly tasks: ReadonlyArray<{ readonly checkpoint: string; readonly task: Task }>
}

/**
 * What a submission came to.
 *
 * @category models
 */
export interface Submitted {
  readonly job: Job
  /** An active job wanted the same already: it is that one, with what its submitter confirmed. */
  readonly joined: boolean
}

const encode = (task: Task) => Effect.orDie(Schema.encode(Task)(task))

/**
 * Stores a job with all that is to be done, or joins the active one that wants the same. Of several who submit the same
 * at once, the index of active jobs lets one through, and the others see its job when its transaction has ended.
 */
export const submit = (store: Service, job: NewJob): Effect.Effect<Submitted, SqlError> => {
  const { now, sql, tables } = store
  const scope = scopeOf(job.target)
  const isSame = sql`scope = ${scope} AND kind = ${job.kind} AND digest = ${job.digest} AND state <> 'ended'`
  const attempt = Effect.gen(function* () {
    // Where no worker runs nobody else ends a job whose deadline is over.
    const late = yield* ids(sql`SELECT id FROM ${tables.jobs} WHERE ${isSame} AND deadline < ${now}`)
    for (const id of late) yield* end(store, id)
    const [added] = yield* jobs(sql`INSERT INTO ${tables.jobs}
      (scope, kind, api_url, organization, digest, plan, max_revokes, actor, state, stopping,
        created_at, deadline, total, finished, complete, last_event)
      VALUES (${scope}, ${job.kind}, ${job.target.apiUrl}, ${job.target.organization ?? null}, ${job.digest},
        ${job.plan ?? null}, ${job.maxRevokes ?? null}, ${job.actor}, 'queued', 0,
        ${now}, ${now} + ${job.deadline}, ${job.tasks.length}, 0, 0, 0)
      ON CONFLICT (scope, kind, digest) WHERE state <> 'ended' DO NOTHING RETURNING *`)
    if (added === undefined) {
      const [active] = yield* jobs(sql`SELECT * FROM ${tables.jobs} WHERE ${isSame}`)
      return active === undefined ? undefined : { job: active, joined: true }
    }
    const rows = yield* Effect.forEach(job.tasks, ({ checkpoint, task }, position) =>
      Effect.map(encode(task), (task) => ({
        job: added.id,
        position,
        entity: entityOf(scope, checkpoint),
        checkpoint,
        task,
        state: "pending",
        attempt: 0
      }))
    )
    for (const some of Arr.chunksOf(rows, rowsPerInsert)) yield* sql`INSERT INTO ${tables.tasks} ${sql.insert(some)}`
    return { job: added, joined: false }
  }).pipe(sql.withTransaction)
  // Neither if the other job ended between the two statements.
  return Effect.flatMap(attempt, (submitted) =>
    submitted === undefined ? submit(store, job) : Effect.succeed(submitted)
  )
}
