/**
 * The time that a server follows, and its timers.
 *
 * @category models
 * @since 0.1.0
 */
export interface Clock {
  /** Returns the time in Unix milliseconds. */
  readonly now: () => number
  /**
   * Calls back after so many milliseconds. Returns a function that cancels it. A timer in the `background` does not keep
   * the process alive.
   */
  readonly setTimer: (callback: () => void, millis: number, background?: boolean) => () => void
}

/** A callback and its time. */
export interface Timer {
  readonly at: number
  readonly callback: () => void
}

/**
 * `Date.now` and `setTimeout`, as they are at the time of each call: fake timers drive it, whenever they were
 * installed.
 *
 * @category clocks
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

/** Resolves in a turn of the event loop of its own, after every promise that can be settled without I/O. */
export const turn = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.addEventListener("message", () => {
      port1.close()
      resolve()
    })
    port1.start()
    port2.postMessage(undefined)
  })

/** Node and Bun have it; `turn` does the same elsewhere. */
declare const setImmediate: ((callback: () => void) => unknown) | undefined

/**
 * Calls back in a turn of the event loop of its own, when every promise that could be settled without waiting for the
 * outside world has been. It is the only way to know that from inside a program; no time is waited for.
 */
export const nextTurn: (callback: () => void) => void =
  typeof setImmediate === "function"
    ? (callback) => void setImmediate(callback)
    : (callback) => void turn().then(callback)
