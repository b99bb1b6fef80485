/** Access that ends: what a day is, and what has ended by it. A day is text such as `2027-01-31`, in UTC. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import type { End, Resolved } from "./model.ts"

/** The present day. */
export const dayOf: (now: DateTime.Utc) => string = DateTime.formatIsoDateUtc

/** Whether a text is a day of the calendar, written in full. */
export const isDay = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) &&
  Option.exists(DateTime.make(text), (day) => DateTime.formatIsoDateUtc(DateTime.toUtc(day)) === text)

/** How a day was meant that is written otherwise. */
export const meantDay = (text: string): string | undefined => {
  const [, year = "", month = "", day = ""] = /^(\d{4})[-/.]?(\d{1,2})[-/.]?(\d{1,2})$/.exec(text.trim()) ?? []
  const meant = [year, month.padStart(2, "0"), day.padStart(2, "0")].join("-")
  return isDay(meant) ? meant : undefined
}

/** `until` is the last day with access. Without a day nothing has ended. */
export const hasEnded = ({ until }: Pick<End, "until">, day: string | undefined): boolean =>
  day !== undefined && until < day

/** The projects whose access has ended by a day. One that is also listed without an end keeps its access. */
export const endedBy = (ends: ReadonlyArray<End> | undefined, day: string | undefined): ReadonlyMap<string, string> =>
  new Map(
    (ends ?? []).flatMap((end) => (end.kept !== true && hasEnded(end, day) ? [[end.project, end.until] as const] : []))
  )

/** The entries of a checkpoint without groups: each project, with its end if it has one that counts. */
export const entriesOf = ({ ends = [], projects }: Resolved) =>
  projects.map((project) => {
    const end = ends.find((one) => one.project === project && one.kept !== true)
    return end === undefined
      ? project
      : { project, until: end.until, ...(end.reason === undefined ? {} : { reason: end.reason }) }
  })

/** So many days after a day. */
export const daysAfter = (day: string, days: number): string =>
  DateTime.formatIsoDateUtc(DateTime.add(DateTime.unsafeMake(day), { days }))
