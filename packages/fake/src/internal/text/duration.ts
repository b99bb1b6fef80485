import { expected, isRecord, maxMillis } from "../checks.ts"

/** Names of units and their milliseconds. */
const units: ReadonlyArray<readonly [names: string, millis: number]> = [
  ["ms|millis?|milliseconds?", 1],
  ["s|secs?|seconds?", 1000],
  ["m|mins?|minutes?", 60_000],
  ["h|hrs?|hours?", 3_600_000],
  ["d|days?", 86_400_000]
]

const number = String.raw`\d{1,12}(?:\.\d{1,6})?`
const unit = `(?:${units.map(([names]) => names).join("|")})`
/** Matches a duration such as `5s`, `5 seconds` or `1h30m`. */
const text = `(?:${number} ?${unit} ?){1,5}`

const duration = new RegExp(`^${text}$`)
const range = new RegExp(`^(${text})- ?(${text})$`)
const rate = new RegExp(`^(${number}) ?/ ?(${text}|${unit})$`)
const part = new RegExp(`(${number}) ?([a-z]+)`, "g")

const named = units.map(([names, millis]) => [new RegExp(`^(?:${names})$`), millis] as const)

const millisOf = (unit: string): number => named.find(([names]) => names.test(unit))?.[1] ?? Number.NaN

/**
 * Returns the milliseconds of a text such as `300ms`, `5 seconds` or `1h30m`. Returns `undefined` for any other text.
 */
export const parse = (given: string): number | undefined => {
  const trimmed = given.trim()
  if (!duration.test(trimmed)) return undefined
  return Array.from(trimmed.matchAll(part), ([, amount, unit = ""]) => Number(amount) * millisOf(unit)).reduce(
    (sum, millis) => sum + millis,
    0
  )
}

/** Formats milliseconds as a duration. */
export const format = (millis: number): string => {
  if (millis === 60_000) return "1 minute"
  if (millis >= 60_000 && millis % 60_000 === 0) return `${millis / 60_000} minutes`
  return millis >= 1000 && millis % 1000 === 0 ? `${millis / 1000}s` : `${millis}ms`
}

/** Makes a reader of durations in milliseconds. `what` describes the valid texts. */
const read =
  (what: string, longest = maxMillis) =>
  (value: unknown, field: string): number => {
    const millis = typeof value === "string" ? parse(value) : undefined
    if (millis === undefined) throw expected(what, value, field)
    if (millis > longest) throw expected("a duration of 24 days at most", value, field)
    return millis
  }

/** Reads a duration. Throws `InvalidSetting`. */
export const millis = read('a duration such as "300ms", "5s", "1 minute" or "2h"')

/** Reads a duration that no timer waits for, so it can exceed the maximum of timers. Throws `InvalidSetting`. */
export const reach = read('"unlimited", or a duration such as "90 days"', Number.POSITIVE_INFINITY)

const fixed = read('a duration such as "300ms", or a range such as "100ms-2s"')

/** Reads a duration, or a range such as `100ms-2s`. Throws `InvalidSetting`. */
export const delay = (value: unknown, field: string): number | { readonly min: number; readonly max: number } => {
  if (isRecord(value)) return { min: millis(value["min"], `${field}.min`), max: millis(value["max"], `${field}.max`) }
  const [, from, to] = range.exec(typeof value === "string" ? value.trim() : "") ?? []
  if (from === undefined) return fixed(value, field)
  const [min, max] = [fixed(from, field), fixed(to, field)]
  if (min <= max) return { min, max }
  throw expected('a range from the shorter to the longer time, such as "100ms-2s"', value, field)
}

/** Reads a rate such as `10/minute`, `600/h` or `1/6s`. Throws `InvalidSetting`. */
export const perTime = (value: unknown, field: string): { readonly requests: number; readonly per: number } => {
  const [, requests, of = ""] = rate.exec(typeof value === "string" ? value.trim() : "") ?? []
  const found = { requests: Number(requests), per: parse(of) ?? millisOf(of) }
  if (!(found.requests > 0 && found.per > 0)) {
    throw expected('"unlimited", or a rate such as "10/minute", "2/s" or "1/6s"', value, field)
  }
  return found
}
