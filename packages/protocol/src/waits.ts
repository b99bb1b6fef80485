/** The log lines for waiting calls: their text, level and frequency. Times are milliseconds. */
import type { Operation } from "./failure.ts"

/** A wait of a call, with its reason. */
export interface Wait {
  readonly operation: Exclude<Operation, "make">
  /** `"pause"`: the rate limiter is paused. `"rate"`: calls wait for a steady rate. */
  readonly reason: "retry" | "pause" | "rate"
  /** The remaining duration of the wait. */
  readonly delay: number
  /** The number of waiting calls. */
  readonly waiting: number
  /** The message of the last failure, before a retry. */
  readonly error?: string | undefined
  /** True if no reply arrived, as with a wrong or missing network. */
  readonly isDisconnected?: boolean | undefined
}

/** The longest wait that is not logged as a warning. A person who waits for a first reply needs one earlier. */
const longWait = ({ isDisconnected = false }: Wait): number => (isDisconnected ? 3000 : 10_000)

/** The shortest time between two log lines of the same level. */
const interval = 60_000

/** The latest time of a `Date`. */
const lastInstant = 8_640_000_000_000_000

const timeOfDay = (millis: number): string =>
  `${new Date(Math.min(millis, lastInstant)).toISOString().slice(-13, -5)} UTC`

/** Returns one line about a wait, with the time of day at which it ends. */
export const message = ({ delay, error, isDisconnected, operation, reason, waiting }: Wait, now: number): string => {
  const until = timeOfDay(now + delay)
  const calls = waiting === 0 ? "" : waiting === 1 ? "; 1 call waits" : `; ${waiting} calls wait`
  switch (reason) {
    case "retry":
      return `${isDisconnected ? "no connection yet: " : ""}${operation} is retried at ${until}${error === undefined ? "" : `: ${error}`}`
    case "pause":
      return `${operation} requests are paused until ${until}: the server accepts no more for now${calls}`
    case "rate":
      return `${operation} requests are rate limited${calls}, the last until ${until}`
  }
}

/**
 * Makes a function that returns the log line of a wait, or `undefined` if it is not to be logged. Make one for each
 * operation. Waits of more than ten seconds are warnings, and of more than three seconds without a connection. Waits for a steady rate have the level debug. Each level has
 * at most one line a minute.
 */
export const log = () => {
  const lastAt = { warning: Number.NEGATIVE_INFINITY, debug: Number.NEGATIVE_INFINITY }
  return (wait: Wait, now: number) => {
    const isRate = wait.reason === "rate"
    if (!isRate && wait.delay <= longWait(wait)) return undefined
    const level = isRate ? "debug" : "warning"
    const since = now - lastAt[level]
    if (since >= 0 && since < interval) return undefined
    lastAt[level] = now
    return { level, text: message(wait, now) } as const
  }
}
