import type { Clock } from "./clock.ts"
import { due, forward, type Timer } from "./timers.ts"

/**
 * A clock that runs as another one does, and can be moved ahead of it.
 *
 * @category models
 */
export interface ShiftedClock extends Clock {
  /** Moves time forward at once. What is due in between happens first, each at its time. */
  readonly shift: (millis: number) => void
  /** In step with the other clock again. */
  readonly unshift: () => void
}

interface ShiftedTimer extends Timer {
  readonly background: boolean
  stop: () => void
}

/**
 * A clock on top of another one, at first in step with it.
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
