/**
 * The time that a server follows.
 *
 * @since 0.1.0
 */

/**
 * @category models
 * @since 0.1.0
 */
export interface Clock {
  /** Unix milliseconds. */
  readonly now: () => number
  /**
   * Calls back after so many milliseconds; returns what cancels it. A timer in
   * the `background` does not keep the process alive.
   */
  readonly setTimer: (callback: () => void, millis: number, background?: boolean) => () => void
}

/**
 * `Date.now` and `setTimeout`, as they are at the time of each call: fake
 * timers drive it, whenever they were installed.
 *
 * @category clocks
 * @since 0.1.0
 */
export const real: Clock = {
  now: () => Date.now(),
  setTimer: (callback, millis, background = false) => {
    const timer = setTimeout(callback, millis)
    const handle: unknown = timer
    if (background && typeof handle === "object" && handle !== null && "unref" in handle) {
      if (typeof handle.unref === "function") handle.unref()
    }
    return () => clearTimeout(timer)
  }
}

/**
 * A clock that stands still until it is advanced.
 *
 * @category models
 * @since 0.1.0
 */
export interface ManualClock extends Clock {
  /**
   * Moves time forward. What is due in between happens at its time and in its
   * order, promises that it settles included.
   */
  readonly advance: (millis: number) => Promise<void>
}

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** Resolves in a turn of the event loop of its own, after every promise that can be settled without I/O. */
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.addEventListener("message", () => {
      port1.close()
      resolve()
    })
    port1.start()
    port2.postMessage(undefined)
  })

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
 * @since 0.1.0
 */
export const manual = (startAt = 0): ManualClock => {
  let time = startAt
  const timers = new Set<Timer>()

  const nextUntil = (end: number): Timer | undefined => {
    let next: Timer | undefined
    for (const timer of timers) if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer
    return next
  }

  return {
    now: () => time,
    setTimer: (callback, millis) => {
      const timer = { at: time + millis, callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    advance: async (millis) => {
      if (!Number.isFinite(millis) || millis < 0) {
        throw new RangeError(`a clock advances by milliseconds from 0 on, not by ${millis}`)
      }
      const end = time + millis
      await turn()
      for (let timer = nextUntil(end); timer !== undefined; timer = nextUntil(end)) {
        time = Math.max(time, timer.at)
        timers.delete(timer)
        timer.callback()
        await turn()
      }
      time = Math.max(time, end)
    }
  }
}

/**
 * A clock that runs as another one does, and can be moved ahead of it.
 *
 * @category models
 * @since 0.1.0
 */
export interface ShiftedClock extends Clock {
  /** Moves time forward at once. What is due in between happens first, each at its time. */
  readonly shift: (millis: number) => void
  /** In step with the other clock again. */
  readonly unshift: () => void
}

interface ShiftedTimer {
  readonly at: number
  readonly callback: () => void
  readonly background: boolean
  stop: () => void
}

/**
 * A clock on top of another one, at first in step with it.
 *
 * @example
 * ```ts
 * import { clock, makeFetch } from "@checkpoint-permissions/fake"
 *
 * const time = clock.shifted(clock.real)
 * const fetch = makeFetch({ behavior: { rate: { requests: 10, per: 60_000 } }, clock: time })
 * // the quota is whole again
 * time.shift(60_000)
 * ```
 *
 * @category clocks
 * @since 0.1.0
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

  const nextUntil = (end: number): ShiftedTimer | undefined => {
    let next: ShiftedTimer | undefined
    for (const timer of timers) if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer
    return next
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
      if (!Number.isFinite(millis) || millis < 0) {
        throw new RangeError(`a clock is moved by milliseconds from 0 on, not by ${millis}`)
      }
      const end = now() + millis
      for (let timer = nextUntil(end); timer !== undefined; timer = nextUntil(end)) {
        offset += Math.max(0, timer.at - now())
        timers.delete(timer)
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
