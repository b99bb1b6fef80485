/** Rows of the database as values. */
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type Event, Happening, type Job, JobId, Kind, Outcome, targetOf } from "../../Job.ts"
import type { Service } from "./store.ts"

/** A whole number as any of the drivers gives it: 64-bit columns come as text or as bigint. */
export const Count = Schema.transform(Schema.Union(Schema.Number, Schema.String, Schema.BigIntFromSelf), Schema.Int, {
  strict: true,
  decode: Number,
  encode: (count) => count
})

const Time = Schema.compose(Count, Schema.DateTimeUtcFromNumber)

const nullable = { nullable: true, exact: true } as const

const JobRow = Schema.Struct({
  id: Schema.compose(Count, JobId),
  kind: Kind,
  apiUrl: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("api_url")),
  organization: Schema.optionalWith(Schema.String, nullable),
  digest: Schema.String,
  plan: Schema.optionalWith(Schema.String, nullable),
  maxRevokes: Schema.optionalWith(Count, nullable).pipe(Schema.fromKey("max_revokes")),
  actor: Schema.NullOr(Schema.String),
  state: Schema.Literal("queued", "running", "ended"),
  outcome: Schema.optionalWith(Outcome, nullable),
  reason: Schema.optionalWith(Schema.String, nullable),
  stopping: Count,
  createdAt: Schema.propertySignature(Time).pipe(Schema.fromKey("created_at")),
  startedAt: Schema.optionalWith(Time, nullable).pipe(Schema.fromKey("started_at")),
  endedAt: Schema.optionalWith(Time, nullable).pipe(Schema.fromKey("ended_at")),
  deadline: Time,
  total: Count,
  finished: Count,
  complete: Count
})

const EventRow = Schema.Struct({
  job: Schema.compose(Count, JobId),
  number: Count,
  at: Time,
  happening: Schema.propertySignature(Schema.parseJson(Happening)).pipe(Schema.fromKey("body"))
})

/**
 * Reads what a query of ours gives. That it gives something else is a defect, since the store has the right version.
 */
export const decoded =
  <A, I>(schema: Schema.Schema<A, I>) =>
  <E, R>(query: Effect.Effect<unknown, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(query, (found) => Effect.orDie(Schema.decodeUnknown(schema)(found)))

const Ids = Schema.Array(Schema.Struct({ id: Schema.compose(Count, JobId) }))

/** The jobs of a query that gives their numbers. */
export const ids = <E, R>(query: Effect.Effect<unknown, E, R>): Effect.Effect<ReadonlyArray<JobId>, E, R> =>
  Effect.map(decoded(Ids)(query), (found) => found.map(({ id }) => id))

const Now = Schema.NonEmptyArray(Schema.Struct({ now: Count }))

/** The time by the clock of the store, in milliseconds. */
export const time = ({ now, sql }: Pick<Service, "now" | "sql">): Effect.Effect<number, SqlError> =>
  Effect.map(decoded(Now)(sql`SELECT ${now} AS now`), ([{ now }]) => now)

const jobOf = ({ apiUrl, complete, finished, organization, stopping, total, ...job }: typeof JobRow.Type): Job => ({
  ...job,
  target: targetOf({ apiUrl, organization }),
  stopping: stopping !== 0,
  checkpoints: { total, finished, complete }
})

export const jobs = <E, R>(query: Effect.Effect<unknown, E, R>): Effect.Effect<ReadonlyArray<Job>, E, R> =>
  Effect.map(decoded(Schema.Array(JobRow))(query), (found) => found.map(jobOf))

export const events: <E, R>(query: Effect.Effect<unknown, E, R>) => Effect.Effect<ReadonlyArray<Event>, E, R> = decoded(
  Schema.Array(EventRow)
)
