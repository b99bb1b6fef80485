import { InvalidSetting } from "../../invalidSetting.ts"
import { maxMillis, shown } from "../checks.ts"

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, minute: 60_000, minutes: 60_000 }

const number = String.raw`(\d{1,12}(?:\.\d{1,6})?)`
const unit = "(ms|s|minutes?)"
const duration = new RegExp(`^${number} ?${unit}$`)
const range = new RegExp(`^(${number} ?${unit}) ?- ?(${number} ?${unit})$`)
const rate = new RegExp(`^${number} ?/ ?(?:${number} ?)?${unit}$`)

/** The milliseconds of a text such as `300ms`, `5s` or `1 minute`; `undefined` for anything else. */
export const parse = (text: string): number | undefined => {
  const [, amount, of = ""] = duration.exec(text.trim()) ?? []
  return amount === undefined ? undefined : Number(amount) * (units[of] ?? 1)
}

/** The text of so many milliseconds. */
export const format = (millis: number): string => {
  if (millis === 60_000) return "1 minute"
  if (millis >= 60_000 && millis % 60_000 === 0) return `${millis / 60_000} minutes`
  return millis >= 1000 && millis % 1000 === 0 ? `${millis / 1000}s` : `${millis}ms`
}

export const examples = '"300ms", "5s" or "1 minute"'

const refused = (what: string, value: unknown, field: string): InvalidSetting =>
  new InvalidSetting(field, `expected ${what}, got ${shown(value)}`)

const assertShort = (millis: number, value: unknown, field: string): void => {
  if (millis > maxMillis) throw refused("a duration of 24 days at most", value, field)
}

/** Milliseconds of a duration. Throws `InvalidSetting`. */
export const millis = (value: unknown, field: string): number => {
  const parsed = typeof value === "string" ? parse(value) : undefined
  if (parsed === undefined) throw refused(`a duration such as ${examples}`, value, field)
  assertShort(parsed, value, field)
  return parsed
}

/** A duration, or two such as `100ms-2s`. Throws `InvalidSetting`. */
export const delay = (value: unknown, field: string): number | { readonly min: number; readonly max: number } => {
  if (typeof value === "object" && value !== null && "min" in value && "max" in value) {
    return { min: millis(value.min, `${field}.min`), max: millis(value.max, `${field}.max`) }
  }
  const text = typeof value === "string" ? value.trim() : ""
  const [, from, , , to] = range.exec(text) ?? []
  const bounds = { min: parse(from ?? ""), max: parse(to ?? "") }
  const { max, min } = bounds
  if (min !== undefined && max !== undefined) {
    if (min > max) throw refused('a range from the shorter to the longer time, such as "100ms-2s"', value, field)
    assertShort(max, value, field)
    return { min, max }
  }
  const fixed = parse(text)
  if (fixed === undefined) throw refused('a duration such as "300ms", or a range such as "100ms-2s"', value, field)
  assertShort(fixed, value, field)
  return fixed
}

/** A rate such as `10/minute` or `1/6s`. Throws `InvalidSetting`. */
export const perTime = (value: unknown, field: string): { readonly requests: number; readonly per: number } => {
  const [, requests, times = "1", of = ""] = rate.exec(typeof value === "string" ? value.trim() : "") ?? []
  const found = { requests: Number(requests), per: Number(times) * (units[of] ?? 0) }
  if (!(found.requests > 0 && found.per > 0)) {
    throw refused('"unlimited", or a rate such as "10/minute", "2/s" or "1/6s"', value, field)
  }
  return found
}
