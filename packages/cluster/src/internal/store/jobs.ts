/** The rows of jobs. */
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Job, JobId, Kind, Outcome } from "../../Job.ts"
import { outcomeOf } from "../rules/ending.ts"
import { append } from "./events.ts"
import { ids, jobs, time } from "./rows.ts"
import { inTransaction, type Service } from "./store.ts"

export const get = ({ sql, tables }: Service, id: number): Effect.Effect<Option.Option<Job>, SqlError> =>
  Effect.map(jobs(sql`SELECT * FROM ${tables.jobs} WHERE id = ${id}`), ([job]) => Option.fromNullable(job))

/** The newest first. */
export const list = (
  { sql, tables }: Service,
  filter: { readonly active?: boolean | undefined; readonly limit?: number }
): Effect.Effect<ReadonlyArray<Job>, SqlError> => {
  const where: Fragment = filter.active === true ? sql`WHERE state <> 'ended'` : sql``
  const limit: Fragment = filter.limit === undefined ? sql`` : sql`LIMIT ${filter.limit}`
  return jobs(sql`SELECT * FROM ${tables.jobs} ${where} ORDER BY id DESC ${limit}`)
}

/** The active jobs that workers of a scope are to work on, of some kinds or all. */
export const active = ({ sql, tables }: Service, scope: string, only?: ReadonlyArray<Kind>) => {
  const kinds: Fragment = only === undefined ? sql`` : sql`AND ${sql.in("kind", only)}`
  return ids(sql`SELECT id FROM ${tables.jobs} WHERE scope = ${scope} AND state <> 'ended' ${kinds} ORDER BY id`)
}

/** Notes that a worker has taken up a job. */
export const start = Effect.fnUntraced(function* (store: Service, id: JobId, worker: string) {
  const { now, sql, tables } = store
  const started = yield* sql`UPDATE ${tables.jobs}
    SET state = 'running', started_at = COALESCE(started_at, ${now})
    WHERE id = ${id} AND state <> 'ended' RETURNING id`
  if (started.length > 0) yield* append(store, id, [{ _tag: "Started", worker }])
}, inTransaction)

/**
 * Ends a job, if it is at its end: all is finished, it is to stop, its deadline is over, or there is a failure that
 * every checkpoint would meet. Gives the outcome, or none if it has to go on.
 */
export const end = Effect.fnUntraced(function* (
  store: Service,
  id: JobId,
  failure?: string
): Effect.fn.Return<Option.Option<Outcome>, SqlError> {
  const { forUpdate, now, sql, tables } = store
  const [job] = yield* jobs(sql`SELECT * FROM ${tables.jobs} WHERE id = ${id} ${forUpdate}`)
  if (job === undefined) return Option.some("stopped")
  if (job.state === "ended") return Option.fromNullable(job.outcome)
  const late = (yield* time(store)) > DateTime.toEpochMillis(job.deadline)
  const outcome = outcomeOf(job.checkpoints, { stopping: job.stopping, late, failure })
  if (outcome === undefined) return Option.none()
  yield* sql`UPDATE ${tables.jobs}
    SET state = 'ended', outcome = ${outcome}, reason = ${failure ?? null}, ended_at = ${now} WHERE id = ${id}`
  const remaining = job.checkpoints.total - job.checkpoints.finished
  yield* append(store, id, [
    { _tag: "Ended", outcome, remaining, ...(failure === undefined ? {} : { reason: failure }) }
  ])
  return Option.some(outcome)
}, inTransaction)

/** Asks for a job to stop, which ends one that no worker has taken up. Gives the job, as it is then. */
export const stop = Effect.fnUntraced(function* (store: Service, id: JobId, actor: string | null) {
  const { sql, tables } = store
  const [marked] = yield* jobs(sql`UPDATE ${tables.jobs} SET stopping = 1
    WHERE id = ${id} AND state <> 'ended' AND stopping = 0 RETURNING *`)
  if (marked !== undefined) yield* append(store, id, [{ _tag: "StopRequested", actor }])
  if (marked?.state === "queued") yield* end(store, id)
  return yield* get(store, id)
}, inTransaction)
