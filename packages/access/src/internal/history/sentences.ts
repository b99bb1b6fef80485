import type { WhyAll } from "@checkpoint-permissions/protocol/events"
import { counted, printable } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import type { AccessMatrix, Row } from "../audit/matrix.ts"
import { minute } from "../render/parts.ts"

/** Why every checkpoint was read, in one line. */
export const reasonOf = (why: WhyAll): string => {
  switch (why._tag) {
    case "Refused":
      return `the audit log cannot be read (${printable(why.detail)})`
    case "Empty":
      return "the audit log shows nothing from before the oldest row: it was off then, or does not go back so far"
    case "Future":
      return `an event of the audit log lies in our future (${minute(DateTime.unsafeMake(why.at * 1000))} UTC): a clock is wrong`
    case "Unresolved":
      return `an event joins no checkpoint (${printable(why.event)})`
    case "NoEvent":
      return `a journalled ${why.action} has no event after an hour (${printable(why.permission)})`
    case "Unexplained":
      return `${printable(why.checkpoint)} differs without an event (${printable(why.permission)})`
  }
}

/** Whether a row was carried over from an earlier audit, on the word of the log. */
export const isCarriedOver = ({ log }: AccessMatrix, { readFrom }: Row): boolean =>
  log !== undefined && readFrom !== undefined && DateTime.lessThan(readFrom, log.askedAt)

/** Until when the log showed no event of a row that was carried over. */
export const noEventUntil = (matrix: AccessMatrix, row: Row): DateTime.Utc | undefined =>
  isCarriedOver(matrix, row) ? matrix.log?.askedAt : undefined

/** What may be said of a row that was carried over: `read 2026-11-03 02:10; no event until 2026-11-04 02:00`. */
export const carriedOver = (matrix: AccessMatrix, row: Row): string | undefined => {
  const until = noEventUntil(matrix, row)
  return until && `read ${minute(row.readAt)}; no event until ${minute(until)}`
}

/** The same of so many rows of something. */
export const notReadAgain = (count: number, of: string, askedAt: DateTime.Utc): string =>
  `${counted(count, "checkpoint")} of ${of} ${count === 1 ? "was" : "were"} not read again: the log showed no event of theirs until ${minute(askedAt)} UTC, which does not say that nothing was changed`

/** The same of all such rows of an audit. */
export const carriedOverNote = (matrix: AccessMatrix): string | undefined => {
  const count = matrix.rows.filter((row) => isCarriedOver(matrix, row)).length
  return matrix.log === undefined || count === 0
    ? undefined
    : notReadAgain(count, `${matrix.rows.length}`, matrix.log.askedAt)
}
