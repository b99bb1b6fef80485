/** Access that ends. A day is text such as `2027-01-31`, in UTC. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import type { End } from "./model.ts"

/** Returns the day of a time. */
export const dayOf: (now: DateTime.Utc) => string = DateTime.formatIsoDateUtc

/** Returns true if a text is a calendar day in the form `YYYY-MM-DD`. */
export const isDay = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) &&
  Option.exists(DateTime.make(text), (day) => DateTime.formatIsoDateUtc(DateTime.toUtc(day)) === text)

/** Returns the probable meaning of a day in another form, if it has one. */
export const suggestDay = (text: string): string | undefined => {
  const [, year = "", month = "", day = ""] = /^(\d{4})[-/.]?(\d{1,2})[-/.]?(\d{1,2})$/.exec(text.trim()) ?? []
  const meant = [year, month.padStart(2, "0"), day.padStart(2, "0")].join("-")
  return isDay(meant) ? meant : undefined
}

/** Returns the last day of each project with an end. A project also listed without an end is not among them. */
export const lastDays = (ends: ReadonlyArray<End> = []): ReadonlyMap<string, string> =>
  new Map(ends.flatMap(({ ignored, project, until }) => (ignored === true ? [] : [[project, until] as const])))

/** Returns the projects whose access has ended by a day, each with its last day. Without a day, no access has ended. */
export const endedBy = (ends: ReadonlyArray<End> | undefined, day = ""): ReadonlyMap<string, string> =>
  new Map([...lastDays(ends)].filter(([, until]) => until < day))

/** Returns the day that is `days` days after another. */
export const daysAfter = (day: string, days: number): string =>
  DateTime.formatIsoDateUtc(DateTime.add(DateTime.unsafeMake(day), { days }))
