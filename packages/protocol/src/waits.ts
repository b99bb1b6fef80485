/** What is told of a call that waits: the text, how important it is, and how often. Times are milliseconds. */
import type { Operation } from "./failure.ts"

/** Why a call waits, and for how long. */
export interface Wait {
  readonly operation: Exclude<Operation, "make">
  /** `"hold"`: the pace holds all requests. `"turn"`: a turn at a steady rate. */
  readonly reason: "retry" | "hold" | "turn"
  /** From now on. */
  readonly delay: number
  readonly waiting: number
  /** The message of what the last attempt failed with, before a retry. */
  readonly error?: string | undefined
}

/** A wait that is worth a warning. */
const long = 10_000

/** At most one line of a level in that time. */
const interval = 60_000

/** The last one that a date can hold. */
const lastInstant = 8_640_000_000_000_000

const timeOfDay = (millis: number): string =>
  `${new Date(Math.min(millis, lastInstant)).toISOString().slice(-13, -5)} UTC`

/** A wait in one line, with the time of day at which it ends. */
export const message = ({ delay, error, operation, reason, waiting }: Wait, now: number): string => {
  const until = timeOfDay(now + delay)
  const calls = waiting === 0 ? "" : waiting === 1 ? "; 1 call waits" : `; ${waiting} calls wait`
  switch (reason) {
    case "retry":
      return `${operation} is tried again at ${until}${error === undefined ? "" : `: ${error}`}`
    case "hold":
      return `${operation} requests are held until ${until}, since the server takes no more for now${calls}`
    case "turn":
      return `${operation} requests go at a steady rate${calls}, the last until ${until}`
  }
}

/**
 * The log of the waits of one operation: long waits are warnings, turns are for debugging, each at most once a minute.
 * Returns the line that a wait is worth.
 */
export const log = () => {
  const lastAt = { warning: Number.NEGATIVE_INFINITY, debug: Number.NEGATIVE_INFINITY }
  return (wait: Wait, now: number) => {
    const isTurn = wait.reason === "turn"
    if (!isTurn && wait.delay <= long) return undefined
    const level = isTurn ? "debug" : "warning"
    const since = now - lastAt[level]
    if (since >= 0 && since < interval) return undefined
    lastAt[level] = now
    return { level, text: message(wait, now) } as const
  }
}
