import type { clock } from "@checkpoint-permissions/fake"

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** A time that goes on only when somebody waits for something: minutes of it take milliseconds. */
export interface Time extends clock.Clock {
  /** Goes on to that time. What is due before happens at its time. */
  readonly sleepUntil: (at: number) => void
  /** Goes on until the promise is settled. */
  readonly during: <A>(promise: Promise<A>) => Promise<A>
}

/** A task of its own, after what is ready now. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

export const make = (): Time => {
  let now = 0
  const timers = new Set<Timer>()

  const fireNext = (before: number): boolean => {
    let next: Timer | undefined
    for (const timer of timers) if (timer.at <= before && (next === undefined || timer.at < next.at)) next = timer
    if (next === undefined) return false
    now = Math.max(now, next.at)
    timers.delete(next)
    next.callback()
    return true
  }

  return {
    now: () => now,
    setTimer: (callback, millis) => {
      const timer = { at: now + millis, callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    sleepUntil: (at) => {
      while (fireNext(at));
      now = Math.max(now, at)
    },
    during: async (promise) => {
      let settled = false
      const end = promise.finally(() => {
        settled = true
      })
      end.catch(() => undefined)
      // A reply that waits for nothing needs a few turns, and no time; one that waits has a timer.
      for (let idle = 0; !settled; idle++) {
        await turn()
        if (!settled && idle >= 2) fireNext(Number.POSITIVE_INFINITY)
      }
      return end
    }
  }
}
