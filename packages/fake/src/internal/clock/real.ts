/** The clock that a server follows, with timers. */
export interface Clock {
  /** Returns the time in Unix milliseconds. */
  readonly now: () => number
  /**
   * Calls back after `millis` milliseconds. Returns a function that cancels it. A timer in the `background` does not
   * keep the process alive.
   */
  readonly setTimer: (callback: () => void, millis: number, background?: boolean) => () => void
}

/** A callback and its time. */
export interface Timer {
  readonly at: number
  readonly callback: () => void
}

/**
 * A clock that calls the current `Date.now` and `setTimeout` each time. Fake timers control it, even if they are
 * installed later.
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

/** Resolves in a later task of the host's event loop, after all promises that resolve without I/O. */
export const nextTask = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.addEventListener("message", () => {
      port1.close()
      resolve()
    })
    port1.start()
    port2.postMessage(undefined)
  })

/** `setImmediate` of Node and Bun. Elsewhere `nextTask` is used. */
declare const setImmediate: ((callback: () => void) => unknown) | undefined

/**
 * Calls back in a later task of the host's event loop, after all promises that resolve without I/O. A program has no
 * other way to find out that they have resolved. It does not wait for any time to pass.
 */
export const onNextTask: (callback: () => void) => void =
  typeof setImmediate === "function"
    ? (callback) => void setImmediate(callback)
    : (callback) => void nextTask().then(callback)
