/** Estimates of time as text for people. */
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import * as estimates from "@checkpoint-permissions/protocol/estimates"
import { duration } from "@checkpoint-permissions/protocol/messages"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
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

/** The part of a time at a measured rate that is a minimum: such a rate can still be too low. */
const measuredPart = 0.6

/**
 * Formats an estimate: its time and rate, or nothing below a second. `isPartial` is true if requests follow that it does
 * not count. Then, or while the rate is not given, the time is a minimum. Without any rate it is the time if no request is
 * refused, if that is known and not below a second, and the time at ten a minute follows.
 */
export const formatMillis = (
  { basis, millis, refused, unrefused = 0 }: estimates.Estimate,
  isPartial = false
): string => {
  const shown = basis === "measured" ? millis * measuredPart : millis
  if (shown < second) return ""
  const isKnown = basis === "configured" && refused === 0 && !isPartial
  if (basis !== "assumed") return `${isKnown ? "about" : "at least"} ${time(shown)} ${bases[basis]}`
  const least = unrefused * measuredPart
  return `${least < second ? "" : `at least ${time(least)}, `}${time(millis)} or more ${bases[basis]}`
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

export const formatEstimate = (estimate: CheckpointPermissions.Estimate, isPartial?: boolean): string =>
  formatMillis(toMillis(estimate), isPartial)

/** The requests for permissions that a command has made, including those in flight. Limited ones do not count. */
export class Made extends Context.Reference<Made>()("@checkpoint-permissions/cli/Made", {
  defaultValue: () => ({ list: 0, create: 0, delete: 0 })
}) {}

/** Makes a formatter of the remaining time for a progress line. It gets all requests that are to be made from now on. */
export const makeTimeLeft = Effect.map(
  Effect.all([Made, CheckpointPermissions.CheckpointPermissions]),
  ([made, { estimate }]) => {
    const before = { ...made }
    let shown: estimates.ShownEstimate | undefined
    return (planned: CheckpointPermissions.Requests, isPartial?: boolean): Effect.Effect<string> =>
      Effect.gen(function* () {
        const left = (name: keyof typeof before) => Math.max(0, (planned[name] ?? 0) + before[name] - made[name])
        const requests = { list: left("list"), create: left("create"), delete: left("delete") }
        if (requests.list + requests.create + requests.delete === 0) return ""
        shown = estimates.next(shown, toMillis(yield* estimate(requests)), yield* Clock.currentTimeMillis)
        const text = formatMillis(shown, isPartial)
        return text === "" ? "" : `; left: ${text}`
      })
  }
)
