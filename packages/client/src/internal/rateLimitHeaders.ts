import type * as Headers from "@effect/platform/Headers"
import * as Duration from "effect/Duration"
import type * as Pacing from "../Pacing.ts"

const count = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text.trim()) ? Number(text) : undefined

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Go's notation, as the API writes it: `20ms`, `6m0s`, `1.5s`; a bare number is seconds. */
const duration = (text: string | undefined): Duration.Duration | undefined => {
  const trimmed = text?.trim() ?? ""
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Duration.seconds(Number(trimmed))
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(trimmed)) return undefined
  const parts = trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)
  return Duration.millis([...parts].reduce((sum, part) => sum + Number(part[1]) * (units[part[2] ?? ""] ?? 0), 0))
}

/** `x-ratelimit-*-requests`, where the server sends them. */
export const parse = (headers: Headers.Headers): Pick<Pacing.Outcome, "limit" | "remaining" | "reset"> => ({
  limit: count(headers["x-ratelimit-limit-requests"]),
  remaining: count(headers["x-ratelimit-remaining-requests"]),
  reset: duration(headers["x-ratelimit-reset-requests"])
})
