import type { Clock } from "./clock.ts"
import { due, forward, type Timer } from "./timers.ts"
import { turn } from "./turn.ts"

/**
 * A clock that stands still until it is advanced.
 *
 * @category models
 */
export interface ManualClock extends Clock {
  /**
   * Moves time forward. What is due in between happens at its time and in its order, promises that it settles included.
   */
  readonly advance: (millis: number) => Promise<void>
}

/**
 * A clock that is moved by hand. It begins at 0, or at `startAt`.
 *
 * @example
 * ```ts
 * import { clock, makeFetch } from "@checkpoint-permissions/fake"
 *
 * // two servers in one time
 * const time = clock.manual()
 * const one = makeFetch({ clock: time })
 * const two = makeFetch({ clock: time })
 * await time.advance(60_000)
 * ```
 *
 * @category clocks
 */
export const manual = (startAt = 0): ManualClock => {
  let time = startAt
  const timers = new Set<Timer>()

  return {
    now: () => time,
    setTimer: (callback, millis) => {
      const timer = { at: time + millis, callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    advance: async (millis) => {
      const end = time + forward(millis)
      await turn()
      for (const timer of due(timers, end)) {
        time = Math.max(time, timer.at)
        timer.callback()
        await turn()
      }
      time = Math.max(time, end)
    }
  }
}
