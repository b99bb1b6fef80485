/** The read times of a matrix, if its rows were not read at about the same time. */
import * as DateTime from "effect/DateTime"
import type { AccessMatrix, Row } from "../audit/matrix.ts"
import { minute } from "./parts.ts"

export interface ReadTimes {
  /** Returns the time of day of a row's read, with the day if the days differ. */
  readonly of: (row: Row) => string
  readonly width: number
  /** `read 2026-08-01 12:00 to 12:31 UTC` */
  readonly sentence: string
}

/** Rows read within this time count as one read, in milliseconds. */
const maxSpan = 60_000

export const readTimes = (matrix: AccessMatrix): ReadTimes | undefined => {
  const { rows } = matrix
  const times = rows.map(({ readAt }) => DateTime.toEpochMillis(readAt))
  const [first, last] = [Math.min(...times), Math.max(...times)]
  if (rows.length === 0 || last - first <= maxSpan) return undefined
  const start = minute(DateTime.unsafeMake(first))
  const end = minute(DateTime.unsafeMake(last))
  const oneDay = start.slice(0, 10) === end.slice(0, 10)
  const shown = (text: string): string => (oneDay ? text.slice(11) : text)
  return {
    of: ({ readAt }) => shown(minute(readAt)),
    width: shown(start).length,
    sentence: `read ${start} to ${shown(end)} UTC`
  }
}
