/** What nobody needs any more. */
import * as MachineId from "@effect/cluster/MachineId"
import * as Snowflake from "@effect/cluster/Snowflake"
import * as Effect from "effect/Effect"
import { ids, time } from "./rows.ts"
import { exists, inTransaction, type Service } from "./store.ts"

/** How many jobs one transaction deletes: a job may have a million rows. */
const jobsAtOnce = 20

const some = Effect.fnUntraced(function* ({ now, sql, tables }: Service, olderThan: number) {
  const ended = yield* ids(sql`SELECT id FROM ${tables.jobs}
    WHERE state = 'ended' AND ended_at < ${now} - ${olderThan} ORDER BY id LIMIT ${jobsAtOnce}`)
  if (ended.length === 0) return 0
  yield* sql`DELETE FROM ${tables.events} WHERE ${sql.in("job", ended)}`
  yield* sql`DELETE FROM ${tables.tasks} WHERE ${sql.in("job", ended)}`
  yield* sql`DELETE FROM ${tables.jobs} WHERE ${sql.in("id", ended)}`
  return ended.length
}, inTransaction)

/** That a job has been at a checkpoint matters to active jobs that were submitted before it. */
const forgetTouched = ({ sql, tables }: Service) =>
  sql`DELETE FROM ${tables.touched} WHERE NOT EXISTS (
    SELECT 1 FROM ${tables.jobs} j WHERE j.state <> 'ended' AND j.id < ${tables.touched}.job)`

/** Messages of the cluster that were answered, and were sent so long ago. Their ids begin with the time. */
const forgetMessages = Effect.fnUntraced(function* (store: Service, olderThan: number) {
  const { prefix, sql } = store
  const [messages, replies] = [`${prefix}_cluster_messages`, `${prefix}_cluster_replies`] as const
  if (!(yield* exists(sql, messages))) return
  const timestamp = (yield* time(store)) - olderThan
  const until = Snowflake.make({ machineId: MachineId.make(0), sequence: 0, timestamp })
  const isTrue = sql.literal(sql.onDialectOrElse({ pg: () => "TRUE", orElse: () => "1" }))
  const old = sql`processed = ${isTrue} AND id < ${sql.literal(String(until))}`
  yield* sql`DELETE FROM ${sql(replies)} WHERE request_id IN (SELECT id FROM ${sql(messages)} WHERE ${old})`
  yield* sql`DELETE FROM ${sql(messages)} WHERE ${old}`
}, inTransaction)

/** Deletes jobs that ended more than so many milliseconds ago. Gives how many. */
export const prune = Effect.fnUntraced(function* (store: Service, olderThan: number) {
  let pruned = 0
  for (let last = 1; last > 0; pruned += last) last = yield* some(store, olderThan)
  yield* forgetTouched(store)
  yield* forgetMessages(store, olderThan)
  return pruned
})
