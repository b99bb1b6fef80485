/** Response headers by their names in lower case. */
export type Headers = Readonly<Record<string, string | undefined>>

const decimal = /^(?:\d+\.?\d*|\.\d+)$/
const httpDate = /^[A-Z][a-z]{2,8},? .*\d{2}:\d{2}:\d{2}/

const milliseconds = (text: string | undefined, unit: number): number | undefined => {
  const number = decimal.test(text?.trim() ?? "") ? Number(text) * unit : Number.NaN
  return Number.isFinite(number) ? number : undefined
}

const epochMillis = (text: string | undefined): number | undefined => {
  const date = text?.trim() ?? ""
  // The oldest of the three forms of a date ends in its year; all of them mean GMT.
  const parsed = httpDate.test(date) ? Date.parse(/\d{4}$/.test(date) ? `${date} GMT` : date) : Number.NaN
  return Number.isNaN(parsed) ? undefined : parsed
}

/** Measured against the server's clock (`date`) and against ours: a clock that is wrong never shortens the wait. */
const untilDate = (headers: Headers, now: number): number | undefined => {
  const at = epochMillis(headers["retry-after"])
  return at === undefined ? undefined : Math.max(0, at - now, at - (epochMillis(headers["date"]) ?? now))
}

/**
 * How long the server asks to wait, in whole milliseconds: `retry-after-ms`, or `retry-after` in seconds, fractional
 * seconds or as an HTTP date. The longest counts; what cannot be read is left out.
 */
export const retryAfterOf = (headers: Headers, now: number): number | undefined => {
  const asked = [
    milliseconds(headers["retry-after-ms"], 1),
    milliseconds(headers["retry-after"], 1000),
    untilDate(headers, now)
  ].filter((wait) => wait !== undefined)
  return asked.length === 0 ? undefined : Math.ceil(Math.max(...asked))
}

/** `x-should-retry`: the server's own decision. */
export const shouldRetryOf = (headers: Headers): boolean | undefined => {
  const text = headers["x-should-retry"]?.trim().toLowerCase()
  return text === "true" ? true : text === "false" ? false : undefined
}

const count = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text.trim()) ? Number(text) : undefined

const units = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000]
])

/** Go's notation, as the API writes it: `20ms`, `6m0s`, `1.5s`; a bare number is seconds. */
const goDuration = (text: string | undefined): number | undefined => {
  const trimmed = text?.trim() ?? ""
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed) * 1000
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(trimmed)) return undefined
  const parts = trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)
  return [...parts].reduce((sum, [, number, unit = ""]) => sum + Number(number) * (units.get(unit) ?? 0), 0)
}

/** `x-ratelimit-*-requests`, where the server sends them; times in milliseconds. */
export const rateLimitsOf = (headers: Headers) => ({
  limit: count(headers["x-ratelimit-limit-requests"]),
  remaining: count(headers["x-ratelimit-remaining-requests"]),
  reset: goDuration(headers["x-ratelimit-reset-requests"])
})
