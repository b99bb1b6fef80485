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
