import type { Clock } from "./clock.ts"
import type { Timer } from "./timers.ts"
import { nextTurn } from "./turn.ts"

/**
 * A clock that goes on by itself.
 *
 * @category models
 * @since 0.1.0
 * @see {@link virtual}
 */
export interface VirtualClock extends Clock {
  /** Time stands still until what it returns is called. */
  readonly hold: () => () => void
  /** Time stands still for ever; no timer calls back any more. */
  readonly close: () => void
}

/**
 * A clock that goes on to its next timer as soon as nothing else can happen:
 * nobody `isBusy`, and no promise is left that could still be settled. Timers of
 * one time call back in the order in which they were set.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { clock } from "@checkpoint-permissions/fake"
 *
 * const time = clock.virtual({ startAt: 0, isBusy: () => false })
 * // an hour of its time, at once
 * await new Promise<void>((resolve) => time.setTimer(resolve, 3_600_000))
 * assert.equal(time.now(), 3_600_000)
 * ```
 *
 * @category clocks
 * @since 0.1.0
 */
export const virtual = (options: { readonly startAt: number; readonly isBusy: () => boolean }): VirtualClock => {
  let time = options.startAt
  /** The next one is the last. */
  let timers: Array<Timer> = []
  let isArmed = false
  let isClosed = false
  let holds = 0

  const arm = (): void => {
    if (isArmed || isClosed || holds > 0) return
    isArmed = true
    nextTurn(() => {
      isArmed = false
      if (isClosed || holds > 0) return
      if (!options.isBusy()) {
        const next = timers.at(-1)
        if (next === undefined) return
        time = next.at
        while (timers.at(-1)?.at === time) timers.pop()?.callback()
      }
      arm()
    })
  }

  /** The place of a timer in the descending order: in front of those of its time. */
  const placeOf = (at: number): number => {
    let [low, high] = [0, timers.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((timers[middle]?.at ?? at) > at) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    now: () => time,
    setTimer: (callback, millis) => {
      const timer = { at: time + Math.max(0, millis), callback }
      timers.splice(placeOf(timer.at), 0, timer)
      arm()
      return () => {
        const index = timers.indexOf(timer, placeOf(timer.at))
        if (index >= 0) timers.splice(index, 1)
      }
    },
    hold: () => {
      let isHeld = true
      holds += 1
      return () => {
        if (!isHeld) return
        isHeld = false
        holds -= 1
        arm()
      }
    },
    close: () => {
      isClosed = true
      timers = []
    }
  }
}
