/** What happens when, in virtual time, without a clock. */

interface Scheduled {
  readonly at: number
  readonly run: (now: number) => void
}

export interface Events {
  readonly schedule: (at: number, run: (now: number) => void) => void
  /** Runs all events, those scheduled meanwhile too, until none is left or `until` says so. */
  readonly runUntil: (until: () => boolean) => void
}

export const make = (): Events => {
  /** The next one is the last; of several at a time, the one that was scheduled first. */
  const scheduled: Array<Scheduled> = []
  return {
    schedule: (at, run) => {
      const later = scheduled.findLastIndex((other) => other.at > at)
      scheduled.splice(later + 1, 0, { at, run })
    },
    runUntil: (until) => {
      while (!until()) {
        const next = scheduled.pop()
        if (next === undefined) return
        next.run(next.at)
      }
    }
  }
}
