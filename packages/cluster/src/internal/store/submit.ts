/** New jobs. */
import type { SqlError } from "@effect/sql/SqlError"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { JobId, type Kind, type Target } from "../../Job.ts"
import { entityOf, scopeOf } from "../rules/target.ts"
import { end } from "./jobs.ts"
import { Count, decoded } from "./rows.ts"
import type { Service } from "./store.ts"

/** Rows of one statement: a driver takes so many parameters only. */
const rowsPerInsert = 500

export interface NewTask {
  readonly checkpoint: string
  readonly task: string
}

export interface NewJob {
  readonly kind: Kind
  readonly target: Target
  readonly digest: string
  readonly plan?: string | undefined
  readonly maxRevokes?: number | undefined
  readonly actor: string | null
  /** Milliseconds from now. */
  readonly deadline: number
  readonly tasks: ReadonlyArray<NewTask>
}

/** A job, and whether it was there before. */
export interface Submitted {
  readonly id: JobId
  readonly joined: boolean
}

const Ids = Schema.Array(Schema.Struct({ id: Schema.compose(Count, JobId) }))

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
    const late = yield* decoded(Ids)(sql`SELECT id FROM ${tables.jobs} WHERE ${isSame} AND deadline < ${now}`)
    yield* Effect.forEach(late, ({ id }) => end(store, id, undefined), { discard: true })
    const [added] = yield* decoded(Ids)(sql`INSERT INTO ${tables.jobs}
      (scope, kind, api_url, organization, digest, plan, max_revokes, actor, state, stopping,
        created_at, deadline, total, finished, complete, last_event)
      VALUES (${scope}, ${job.kind}, ${job.target.apiUrl}, ${job.target.organization ?? null}, ${job.digest},
        ${job.plan ?? null}, ${job.maxRevokes ?? null}, ${job.actor}, 'queued', 0,
        ${now}, ${now} + ${job.deadline}, ${job.tasks.length}, 0, 0, 0)
      ON CONFLICT (scope, kind, digest) WHERE state <> 'ended' DO NOTHING RETURNING id`)
    if (added === undefined) {
      const [active] = yield* decoded(Ids)(sql`SELECT id FROM ${tables.jobs} WHERE ${isSame}`)
      return Option.map(Option.fromNullable(active), ({ id }): Submitted => ({ id, joined: true }))
    }
    const rows = job.tasks.map(({ checkpoint, task }, position) => ({
      job: added.id,
      position,
      entity: entityOf(scope, checkpoint),
      checkpoint,
      task,
      state: "pending",
      attempt: 0
    }))
    yield* Effect.forEach(
      Arr.chunksOf(rows, rowsPerInsert),
      (some) => sql`INSERT INTO ${tables.tasks} ${sql.insert(some)}`,
      { discard: true }
    )
    return Option.some<Submitted>({ id: added.id, joined: false })
  }).pipe(sql.withTransaction)
  // None if the other job ended between the two statements.
  return Effect.flatMap(attempt, Option.match({ onNone: () => submit(store, job), onSome: Effect.succeed }))
}
