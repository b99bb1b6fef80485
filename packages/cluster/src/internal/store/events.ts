/** What has happened, numbered within each job. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Happening } from "../../Job.ts"
import { Count, decoded, events } from "./rows.ts"
import type { Service } from "./store.ts"

const encode = Schema.encode(Schema.parseJson(Happening))

/** How many events one query reads. */
const pageSize = 500

const LastEvent = Schema.NonEmptyArray(Schema.Struct({ last_event: Count }))

/**
 * Adds events to a job, within the transaction of the caller. The row of the job is locked until that ends, so that
 * events become visible in the order of their numbers: a follower that has read one never finds an earlier one later.
 */
export const append = Effect.fnUntraced(function* (
  { now, sql, tables }: Service,
  job: number,
  happenings: ReadonlyArray<Happening>
) {
  if (happenings.length === 0) return
  const bodies = yield* Effect.orDie(Effect.forEach(happenings, (happening) => encode(happening)))
  const [{ last_event: last }] = yield* decoded(LastEvent)(
    sql`UPDATE ${tables.jobs} SET last_event = last_event + ${bodies.length} WHERE id = ${job} RETURNING last_event`
  )
  const values = bodies.map((body, index) => sql`(${job}, ${last - bodies.length + 1 + index}, ${now}, ${body})`)
  yield* sql`INSERT INTO ${tables.events} (job, number, at, body) VALUES ${sql.csv(values)}`
})

/** The next events of a job. */
export const after = ({ sql, tables }: Service, job: number, number: number) =>
  events(sql`SELECT job, number, at, body FROM ${tables.events}
    WHERE job = ${job} AND number > ${number} ORDER BY number LIMIT ${pageSize}`)
