/** What calls back at a time. */
export interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** The first timer that is due until `end`, of several at one time the one that was set first. */
export const firstUntil = <T extends { readonly at: number }>(timers: Iterable<T>, end: number): T | undefined => {
  let first: T | undefined
  for (const timer of timers) if (timer.at <= end && (first === undefined || timer.at < first.at)) first = timer
  return first
}
