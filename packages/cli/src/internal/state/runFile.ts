/**
 * What a file of saved rows says: a JSON value a line, in the order in which
 * they came. A line break stands before each line too, so that a torn line never
 * touches the next.
 */
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"

const Record = Schema.Union(
  Schema.Struct({ row: AccessMatrix.Row }),
  /** What stands above of this checkpoint may no longer be so. */
  Schema.Struct({ forget: Schema.String })
)

const encode = Schema.encodeSync(Schema.parseJson(Record))
const decode = Schema.decodeUnknownEither(Schema.parseJson(Record))

const line = (record: typeof Record.Type): string => `\n${encode(record)}\n`

export const rowLine = (row: AccessMatrix.Row): string => line({ row })

export const forgetLine = (checkpoint: string): string => line({ forget: checkpoint })

/** The last row of each checkpoint, but for those that are forgotten. What is no whole line is ignored. */
export const rowsOf = (text: string): ReadonlyArray<AccessMatrix.Row> => {
  const rows = new Map<string, AccessMatrix.Row>()
  for (const one of text.split("\n")) {
    const record = one === "" ? undefined : Either.getOrUndefined(decode(one))
    if (record === undefined) continue
    if ("forget" in record) rows.delete(record.forget)
    else rows.set(record.row.checkpoint, record.row)
  }
  return [...rows.values()]
}

/** A clock that was set back makes an old row one of the future: its age is not known. */
export const isOfFuture =
  (now: DateTime.Utc) =>
  ({ readAt }: AccessMatrix.Row): boolean =>
    DateTime.greaterThan(readAt, now)

const ages = (rows: ReadonlyArray<AccessMatrix.Row>, now: DateTime.Utc): ReadonlyArray<number> =>
  rows.map(({ readAt }) => DateTime.distance(readAt, now))

/** The age of the row that was read last. */
export const youngest = (rows: ReadonlyArray<AccessMatrix.Row>, now: DateTime.Utc): Duration.Duration =>
  Duration.millis(Math.min(...ages(rows, now)))

/** The age of the row that was read first. */
export const oldest = (rows: ReadonlyArray<AccessMatrix.Row>, now: DateTime.Utc): Duration.Duration =>
  Duration.millis(Math.max(...ages(rows, now)))

/** The rows of a run that another one may go on with: all of them, if its last one is younger than `maxAge`. */
export const usableRows = (
  rows: ReadonlyArray<AccessMatrix.Row>,
  now: DateTime.Utc,
  maxAge: Duration.Duration
): ReadonlyArray<AccessMatrix.Row> => {
  const past = rows.filter((row) => !isOfFuture(now)(row))
  return past.length > 0 && Duration.lessThan(youngest(past, now), maxAge) ? past : []
}
