import { type Clock, nextTask, type Timer } from "./real.ts"

/** Returns the milliseconds to advance a clock by. Throws a `RangeError` for a negative number. */
const forward = (millis: number): number => {
  if (Number.isFinite(millis) && millis >= 0) return millis
  throw new RangeError(`expected milliseconds from 0 on, got ${millis}`)
}

/** Yields the timers that are due until `end`, by time, then in the order in which they were set. */
function* due<T extends Timer>(timers: Set<T>, end: number): Generator<T> {
  for (;;) {
    let first: T | undefined
    for (const timer of timers) if (timer.at <= end && (first === undefined || timer.at < first.at)) first = timer
    if (first === undefined) return
    timers.delete(first)
    yield first
  }
}

/** A clock whose time changes only when it is advanced. */
export interface ManualClock extends Clock {
  /** Moves time forward. Timers run at their times and in order, and so do the promises that they resolve. */
  readonly advance: (millis: number) => Promise<void>
}

/**
 * Makes a clock that changes only when it is advanced. It starts at 0, or at `startAt`.
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
      await nextTask()
      for (const timer of due(timers, end)) {
        time = Math.max(time, timer.at)
        timer.callback()
        await nextTask()
      }
      time = Math.max(time, end)
    }
  }
}

/** A clock that follows another one, and can be moved ahead of it. */
export interface ShiftedClock extends Clock {
  /** Moves time forward. Timers that become due run, each at its time. */
  readonly shift: (millis: number) => void
  /** Returns to the time of the other clock. */
  readonly unshift: () => void
}

interface ShiftedTimer extends Timer {
  readonly background: boolean
  stop: () => void
}

/**
 * Makes a clock on top of another one, at first with the same time.
 *
 * @category clocks
 */
export const shifted = (base: Clock): ShiftedClock => {
  let offset = 0
  const timers = new Set<ShiftedTimer>()
  const now = () => base.now() + offset

  const arm = (timer: ShiftedTimer) => {
    const fire = () => {
      timers.delete(timer)
      timer.callback()
    }
    timer.stop = base.setTimer(fire, Math.max(0, timer.at - now()), timer.background)
  }

  const rearm = () => {
    for (const timer of timers) {
      timer.stop()
      arm(timer)
    }
  }

  return {
    now,
    setTimer: (callback, millis, background = false) => {
      const timer = { at: now() + millis, callback, background, stop: () => {} }
      timers.add(timer)
      arm(timer)
      return () => {
        timers.delete(timer)
        timer.stop()
      }
    },
    shift: (millis) => {
      const end = now() + forward(millis)
      for (const timer of due(timers, end)) {
        offset += Math.max(0, timer.at - now())
        timer.stop()
        timer.callback()
      }
      offset += Math.max(0, end - now())
      rearm()
    },
    unshift: () => {
      offset = 0
      rearm()
    }
  }
}
