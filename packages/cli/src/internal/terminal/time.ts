/** Times for people. */

import type * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as messages from "@checkpoint-permissions/protocol/messages"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** Formats a duration: `500ms`, `2s`, `1m 5s`. */
export const time = (duration: Duration.Duration): string => messages.duration(Duration.toMillis(duration))

/** Returns the end of a wait in local time: `14:03:20`. */
export const until = (duration: Duration.Duration): Effect.Effect<string> =>
  Effect.map(Clock.currentTimeMillis, (now) =>
    DateTime.formatLocal(DateTime.unsafeMake(now + Duration.toMillis(duration)), {
      locale: "en-GB",
      timeStyle: "medium"
    })
  )

/** Formats Unix seconds: `2026-01-02T00:00:00Z`. */
export const instant = (seconds: number): string =>
  DateTime.formatIso(DateTime.unsafeMake(seconds * 1000)).replace(/\.000Z$/, "Z")

const units: ReadonlyArray<readonly [name: RegExp, millis: number]> = [
  [/^(ms|millis|milliseconds?)$/, 1],
  [/^(s|secs?|seconds?)$/, 1000],
  [/^(m|mins?|minutes?)$/, 60_000],
  [/^(h|hours?)$/, 3_600_000],
  [/^(d|days?)$/, 86_400_000]
]

const millisOf = (unit: string): number | undefined => units.find(([name]) => name.test(unit))?.[1]

/** Parses a duration: `90s`, `15m`, `2h`, `1h30m`, `10 minutes`. Returns `undefined` for any other text. */
export const parseDuration = (given: string): Duration.Duration | undefined => {
  const text = given.trim().toLowerCase()
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)\s*/g)]
  if (parts.map(([all]) => all).join("") !== text) return undefined
  const total = parts.reduce((sum, [, amount, unit = ""]) => sum + Number(amount) * (millisOf(unit) ?? Number.NaN), 0)
  return total > 0 && Number.isSafeInteger(Math.ceil(total)) ? Duration.millis(total) : undefined
}

/** Parses a day such as `2026-09-30`, in UTC. Returns `undefined` for any other text. */
export const parseDay = (text: string): DateTime.Utc | undefined =>
  /^\d{4}-\d\d-\d\d$/.test(text)
    ? Option.getOrUndefined(
        Option.filter(Option.map(DateTime.make(text), DateTime.toUtc), (day) => DateTime.formatIsoDateUtc(day) === text)
      )
    : undefined

export interface Rate {
  readonly requests: number
  readonly per: Duration.Duration
}

/** Parses a rate: `10/minute`, `600/h`, `2/s`. Returns `undefined` for any other text. */
export const parseRate = (text: string): Rate | undefined => {
  const [, requests, unit] = /^(\d{1,6}(?:\.\d+)?)\s*\/\s*([a-z]+)$/i.exec(text.trim()) ?? []
  const millis = millisOf((unit ?? "").toLowerCase())
  return millis === undefined ? undefined : { requests: Number(requests), per: Duration.millis(millis) }
}

export const waitCause = (error: PermissionsError): string => {
  switch (error._tag) {
    case "RateLimitError":
      return error.retryAfter === undefined
        ? "429 Too Many Requests"
        : `429 Too Many Requests (Retry-After: ${time(error.retryAfter)})`
    case "ConnectionError":
      return `${error.sent === true ? "connection lost" : "no connection"} (${error.reason})`
    case "RequestTimeoutError":
      return "request timed out"
    default:
      return error.status === undefined ? "request failed" : `server error ${error.status}`
  }
}

export const waitReason = ({ error, reason }: CheckpointPermissions.Wait): string =>
  error === undefined ? (reason === "pause" ? "rate limited by the server" : "rate limited") : waitCause(error)

export const isLongWait = (wait: CheckpointPermissions.Wait): boolean =>
  wait.error !== undefined || Duration.greaterThanOrEqualTo(wait.delay, Duration.seconds(1))
