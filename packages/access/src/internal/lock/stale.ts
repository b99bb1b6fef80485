/** Who may be taken over. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** A holder that is not known to have ended is believed for so long after it last renewed its file, in milliseconds. */
const staleAfter = 60_000

/**
 * The same between holders with one coordinator: two renewals are missing, and the coordinator has given the turn away.
 */
const coordinatedStaleAfter = 20_000

const limitOf = (coordinated: boolean): number => (coordinated ? coordinatedStaleAfter : staleAfter)

/** What is known of a holder. */
export interface Known {
  /** What its process number says, if it says anything. */
  readonly running: Option.Option<boolean>
  /** Whether it has the coordinator of who asks. */
  readonly coordinated: boolean
  readonly renewedAt: Option.Option<number>
}

/** Whether a holder may not be taken over, however old its file is: a process that is stopped keeps its lock. */
export const isCertain = ({ coordinated, running }: Omit<Known, "renewedAt">): boolean =>
  !coordinated && Option.contains(running, true)

/**
 * Whether a holder may be taken over. `now` is when a file beside its own was written just now, so that both times are
 * of the clock of the file system.
 */
export const isStale = (known: Known, now: Option.Option<number>): boolean => {
  if (isCertain(known)) return false
  if (Option.contains(known.running, false)) return true
  const limit = limitOf(known.coordinated)
  return Option.exists(Option.all([now, known.renewedAt]), ([later, earlier]) => later - earlier >= limit)
}

/**
 * Whether this process did not run for so long, since a time of its own clock in milliseconds, that others may soon
 * take it for ended, or have done so. What it found out before is not to be relied on then. A step of the clock looks
 * the same and costs another attempt.
 */
export const hasStoodStill = (coordinated: boolean, since: number): Effect.Effect<boolean> =>
  Effect.map(Clock.currentTimeMillis, (now) => Math.abs(now - since) >= limitOf(coordinated) / 2)
