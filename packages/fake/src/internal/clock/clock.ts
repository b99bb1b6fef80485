/**
 * The time that a server follows, and its timers.
 *
 * @category models
 * @since 0.1.0
 */
export interface Clock {
  /** Unix milliseconds. */
  readonly now: () => number
  /**
   * Calls back after so many milliseconds; returns what cancels it. A timer in the `background` does not keep the
   * process alive.
   */
  readonly setTimer: (callback: () => void, millis: number, background?: boolean) => () => void
}
