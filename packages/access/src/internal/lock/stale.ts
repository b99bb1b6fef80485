/** Who may be taken over. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** A holder that is not known to have ended is believed for so long after it last renewed its file, in milliseconds. */
export const staleAfter = 60_000

/**
 * Whether a holder may be taken over. `running` is what its process number
 * says, if it says anything. `now` is when a file that was just written beside
 * it was written, so that both times are of the clock of the file system.
 */
export const isStale = (
  running: Option.Option<boolean>,
  renewedAt: Option.Option<number>,
  now: Option.Option<number>
): boolean =>
  Option.match(running, {
    onSome: (runs) => !runs,
    onNone: () => Option.exists(Option.all([now, renewedAt]), ([later, earlier]) => later - earlier >= staleAfter)
  })

/**
 * Whether this process did not run for so long, since a time of its own clock in
 * milliseconds, that others may soon take it for ended, or have done so. What it
 * found out before is not to be relied on then. A step of the clock looks the
 * same and costs another attempt.
 */
export const hasStoodStill = (since: number): Effect.Effect<boolean> =>
  Effect.map(Clock.currentTimeMillis, (now) => Math.abs(now - since) >= staleAfter / 2)
