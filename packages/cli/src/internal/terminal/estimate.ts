/** Estimates of time as text for people. */
import type * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import * as estimates from "@checkpoint-permissions/protocol/estimates"
import { duration } from "@checkpoint-permissions/protocol/messages"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

const second = 1000
const minute = 60 * second
const hour = 60 * minute

/** Units for rounding, by the size of a time, in milliseconds. A unit is at most a tenth of the time, or a second. */
const units: ReadonlyArray<readonly [from: number, unit: number]> = [
  [10 * hour, hour],
  [2 * hour, 10 * minute],
  [10 * minute, minute],
  [2 * minute, 10 * second],
  [minute, 5 * second],
  [0, second]
]

const rounded = (millis: number): number => {
  const [, unit] = units.find(([from]) => millis >= from) ?? [0, second]
  return Math.max(1, Math.round(millis / unit)) * unit
}

/** Formats a time, rounded to a tenth of it or to a second: `5s`, `2m 50s`, `1h 17m`. */
export const time = (millis: number): string => duration(rounded(millis))

const bases: Readonly<Record<estimates.Basis, string>> = {
  configured: "at the given rate",
  measured: "at the measured rate",
  assumed: "at 10 a minute"
}

/** Formats an estimate: its time and rate. If the rate is assumed, begins with the time if no request is refused. */
export const formatMillis = ({ basis, millis, refused, unrefused }: estimates.Estimate): string => {
  if (millis < second) return "less than 1s"
  const all = `${time(millis)} ${bases[basis]}`
  if (basis !== "assumed") return `about ${all}`
  if (unrefused === undefined) return refused > 0 ? `at least ${all}` : `about ${all}, or less`
  const least = time(unrefused)
  return least === time(millis) ? `at least ${all}` : `at least ${least}, about ${all}`
}

/** The time from which a command prints its estimate also without a terminal, in seconds. */
const longFrom = 10

/** Returns true for a time that a command prints also without a terminal. */
export const isLong = ({ duration }: Pick<CheckpointPermissions.Estimate, "duration">): boolean =>
  Duration.toSeconds(duration) > longFrom

const toMillis = ({ basis, duration, refused, unrefused }: CheckpointPermissions.Estimate): estimates.Estimate => ({
  basis,
  millis: Duration.toMillis(duration),
  refused,
  ...(unrefused === undefined ? {} : { unrefused: Duration.toMillis(unrefused) })
})

export const formatEstimate = (estimate: CheckpointPermissions.Estimate): string => formatMillis(toMillis(estimate))

/** Makes a formatter of the remaining time, for repeated use in a progress line. */
export const makeTimeLeft = () => {
  let shown: estimates.ShownEstimate | undefined
  return (estimate: CheckpointPermissions.Estimate): Effect.Effect<string> =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      shown = estimates.next(shown, toMillis(estimate), now)
      return `; left: ${formatMillis(shown)}`
    })
}
