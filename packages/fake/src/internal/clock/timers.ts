/** What calls back at a time. */
export interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** By how much a clock is moved. Throws a `RangeError` for what would take it back. */
export const forward = (millis: number): number => {
  if (Number.isFinite(millis) && millis >= 0) return millis
  throw new RangeError(`a clock advances by milliseconds from 0 on, not by ${millis}`)
}

/** Takes out the timers that are due until `end`, one by one; of several at one time the one first that was set first. */
export function* due<T extends Timer>(timers: Set<T>, end: number): Generator<T> {
  for (;;) {
    let first: T | undefined
    for (const timer of timers) if (timer.at <= end && (first === undefined || timer.at < first.at)) first = timer
    if (first === undefined) return
    timers.delete(first)
    yield first
  }
}
