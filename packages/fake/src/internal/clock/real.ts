import type { Clock } from "./clock.ts"

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
