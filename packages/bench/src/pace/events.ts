/** A queue of events in virtual time. */

interface Scheduled {
  readonly at: number
  readonly run: (now: number) => void
}

export interface Events {
  readonly schedule: (at: number, run: (now: number) => void) => void
  /** Runs all events, including new ones, until none is left or `until` returns true. */
  readonly runUntil: (until: () => boolean) => void
}

export const make = (): Events => {
  /** Sorted in reverse: the next event is the last. Events of one time run in the order of scheduling. */
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
