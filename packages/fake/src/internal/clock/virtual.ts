import { type Clock, onNextTask, type Timer } from "./real.ts"

/** A clock that advances automatically. */
export interface VirtualClock extends Clock {
  readonly nanos: () => bigint
  /** Stops time until the returned function is called. */
  readonly pause: () => () => void
  /** Stops time permanently. Timers no longer call back. */
  readonly close: () => void
}

/**
 * Makes a clock that advances to its next timer when nothing else can run: `isBusy` returns false, and all promises
 * that do not depend on the clock have resolved. Timers of the same time call back in the order in which they were set.
 */
export const virtual = (options: { readonly startAt: number; readonly isBusy: () => boolean }): VirtualClock => {
  let time = options.startAt
  let timers: Array<Timer> = []
  let isArmed = false
  let isClosed = false
  let pauses = 0

  const arm = (): void => {
    if (isArmed || isClosed || pauses > 0) return
    isArmed = true
    onNextTask(() => {
      isArmed = false
      if (isClosed || pauses > 0) return
      if (!options.isBusy()) {
        const next = timers.at(-1)
        if (next === undefined) return
        time = next.at
        while (timers.at(-1)?.at === time) timers.pop()?.callback()
      }
      arm()
    })
  }

  /**
   * Returns the index for a new timer. Timers are in descending order of time, and a new one is before those of the
   * same time.
   */
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
    nanos: () => {
      const whole = Math.floor(time)
      return BigInt(whole) * 1_000_000n + BigInt(Math.round((time - whole) * 1_000_000))
    },
    setTimer: (callback, millis) => {
      const timer = { at: time + Math.max(0, millis), callback }
      timers.splice(placeOf(timer.at), 0, timer)
      arm()
      return () => {
        const index = timers.indexOf(timer, placeOf(timer.at))
        if (index >= 0) timers.splice(index, 1)
      }
    },
    pause: () => {
      let isPaused = true
      pauses += 1
      return () => {
        if (!isPaused) return
        isPaused = false
        pauses -= 1
        arm()
      }
    },
    close: () => {
      isClosed = true
      timers = []
    }
  }
}
