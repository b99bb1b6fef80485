import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Observer } from "../observer.ts"

/**
 * Why a call waits, and for how long.
 *
 * @category models
 * @since 0.1.0
 */
export interface Wait {
  readonly operation: "list" | "create" | "delete"
  /**
   * `"retry"`: before it is tried again. `"hold"`: the pace holds all requests,
   * since the server takes none for now. `"turn"`: for its turn at a steady rate.
   */
  readonly reason: "retry" | "hold" | "turn"
  /** From now on; of turns, until the last of the calls that wait has had its own. */
  readonly delay: Duration.Duration
  /** How many calls wait for the pace. */
  readonly waiting: number
  /** What the last attempt failed with, before a retry. */
  readonly error?: PermissionsError | undefined
}

/** Receives every wait, in place of the log. */
export class WaitObserver extends Context.Reference<WaitObserver>()("@checkpoint-permissions/client/WaitObserver", {
  defaultValue: (): Observer<Wait> | undefined => undefined
}) {}

/** A wait that is worth a warning. */
const long = Duration.seconds(10)

/** At most one line of a kind in that time, for each operation. */
const interval = 60_000

/** The last one that a date can hold. */
const lastInstant = 8_640_000_000_000_000

const timeOfDay = (millis: number): string =>
  `${new Date(Math.min(millis, lastInstant)).toISOString().slice(11, 19)} UTC`

const messageOf = ({ delay, error, operation, reason, waiting }: Wait, now: number): string => {
  const until = timeOfDay(now + Duration.toMillis(delay))
  const calls = waiting === 0 ? "" : waiting === 1 ? "; 1 call waits" : `; ${waiting} calls wait`
  switch (reason) {
    case "retry":
      return `${operation} is tried again at ${until}${error === undefined ? "" : `: ${error.message}`}`
    case "hold":
      return `${operation} requests are held until ${until}, since the server takes no more for now${calls}`
    case "turn":
      return `${operation} requests go at a steady rate${calls}, the last until ${until}`
  }
}

/** The log of one operation: long waits as warnings, turns at debug level, each at most once a minute. */
export const logWaits = () => {
  const lastAt = { warning: Number.NEGATIVE_INFINITY, debug: Number.NEGATIVE_INFINITY }
  return (wait: Wait): Effect.Effect<void> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const isLong = wait.reason !== "turn" && Duration.greaterThan(wait.delay, long)
      if (!isLong && wait.reason !== "turn") return Effect.void
      const level = isLong ? "warning" : "debug"
      const since = now - lastAt[level]
      if (since >= 0 && since < interval) return Effect.void
      lastAt[level] = now
      const log = isLong ? Effect.logWarning : Effect.logDebug
      return Effect.annotateLogs(log(messageOf(wait, now)), { operation: wait.operation })
    })
}
