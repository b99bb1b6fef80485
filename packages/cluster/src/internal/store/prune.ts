/** What nobody needs any more. */
import * as MachineId from "@effect/cluster/MachineId"
import * as Snowflake from "@effect/cluster/Snowflake"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Count, decoded, time } from "./rows.ts"
import { exists, type Service } from "./store.ts"

const Ids = Schema.Array(Schema.Struct({ id: Count }))

/** How many jobs one transaction deletes: a job may have a million rows. */
const jobsAtOnce = 20

const some = (store: Service, olderThan: number): Effect.Effect<number, SqlError> => {
  const { now, sql, tables } = store
  return Effect.gen(function* () {
    const ended = yield* decoded(Ids)(sql`SELECT id FROM ${tables.jobs}
      WHERE state = 'ended' AND ended_at < ${now} - ${olderThan} ORDER BY id LIMIT ${jobsAtOnce}`)
    if (ended.length === 0) return 0
    const ids = ended.map(({ id }) => id)
    yield* sql`DELETE FROM ${tables.events} WHERE ${sql.in("job", ids)}`
    yield* sql`DELETE FROM ${tables.tasks} WHERE ${sql.in("job", ids)}`
    yield* sql`DELETE FROM ${tables.jobs} WHERE ${sql.in("id", ids)}`
    return ids.length
  }).pipe(sql.withTransaction)
}

/** That a job has been at a checkpoint matters to active jobs that were submitted before it. */
const forgetTouched = ({ sql, tables }: Service): Effect.Effect<unknown, SqlError> =>
  sql`DELETE FROM ${tables.touched} WHERE NOT EXISTS (
    SELECT 1 FROM ${tables.jobs} j WHERE j.state <> 'ended' AND j.id < ${tables.touched}.job)`

/** Messages of the cluster that were answered, and were sent so long ago. Their ids begin with the time. */
const forgetMessages = (store: Service, olderThan: number): Effect.Effect<void, SqlError> => {
  const { prefix, sql } = store
  return Effect.gen(function* () {
    const [messages, replies] = [`${prefix}_cluster_messages`, `${prefix}_cluster_replies`] as const
    if (!(yield* exists(sql, messages))) return
    const timestamp = (yield* time(store)) - olderThan
    const until = Snowflake.make({ machineId: MachineId.make(0), sequence: 0, timestamp })
    const isTrue = sql.literal(sql.onDialectOrElse({ pg: () => "TRUE", orElse: () => "1" }))
    const old = sql`processed = ${isTrue} AND id < ${sql.literal(String(until))}`
    yield* sql`DELETE FROM ${sql(replies)} WHERE request_id IN (SELECT id FROM ${sql(messages)} WHERE ${old})`
    yield* sql`DELETE FROM ${sql(messages)} WHERE ${old}`
  }).pipe(sql.withTransaction)
}

/** Deletes jobs that ended more than so many milliseconds ago. Gives how many. */
export const prune = (store: Service, olderThan: number): Effect.Effect<number, SqlError> =>
  Effect.gen(function* () {
    let pruned = 0
    for (let last = 1; last > 0; pruned += last) last = yield* some(store, olderThan)
    yield* forgetTouched(store)
    yield* forgetMessages(store, olderThan)
    return pruned
  })
