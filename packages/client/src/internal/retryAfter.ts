import type * as Headers from "@effect/platform/Headers"
import * as Duration from "effect/Duration"

const decimal = /^(?:\d+\.?\d*|\.\d+)$/
const httpDate = /^[A-Z][a-z]{2,8},? .*\d{2}:\d{2}:\d{2}/

const milliseconds = (text: string | undefined, unit: number): number | undefined => {
  const number = text !== undefined && decimal.test(text.trim()) ? Number(text) * unit : Number.NaN
  return Number.isFinite(number) ? number : undefined
}

const epochMillis = (text: string | undefined): number | undefined => {
  const date = text?.trim() ?? ""
  // The oldest of its three forms leaves out what all of them mean.
  const parsed = httpDate.test(date) ? Date.parse(/\d{4}$/.test(date) ? `${date} GMT` : date) : Number.NaN
  return Number.isNaN(parsed) ? undefined : parsed
}

/** A date is measured against both clocks, the server's (`date`) and ours, so that skew never shortens it. */
const untilDate = (headers: Headers.Headers, now: number): number | undefined => {
  const at = epochMillis(headers["retry-after"])
  return at === undefined ? undefined : Math.max(0, at - now, at - (epochMillis(headers["date"]) ?? now))
}

/**
 * How long the server asks to wait: `retry-after-ms`, or `retry-after` as
 * seconds, fractional seconds or an HTTP date. Where they disagree the longest
 * is meant; what cannot be read is left out.
 */
export const parse = (headers: Headers.Headers, now: number): Duration.Duration | undefined => {
  const asked = [
    milliseconds(headers["retry-after-ms"], 1),
    milliseconds(headers["retry-after"], 1000),
    untilDate(headers, now)
  ].filter((wait) => wait !== undefined)
  return asked.length === 0 ? undefined : Duration.millis(Math.ceil(Math.max(...asked)))
}
