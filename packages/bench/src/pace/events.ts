/** What happens when, in virtual time: a heap of events, without a clock. */

interface Scheduled {
  readonly at: number
  readonly order: number
  readonly run: (now: number) => void
}

const isEarlier = (a: Scheduled, b: Scheduled): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

export interface Events {
  readonly schedule: (at: number, run: (now: number) => void) => void
  /** Runs all events, those scheduled meanwhile too, until none is left or `until` says so. */
  readonly runUntil: (until: () => boolean) => void
}

export const make = (): Events => {
  const heap: Array<Scheduled> = []
  let scheduled = 0

  const swap = (i: number, j: number): void => {
    const [a, b] = [heap[i], heap[j]]
    if (a === undefined || b === undefined) return
    heap[i] = b
    heap[j] = a
  }
  const precedes = (i: number, j: number): boolean => {
    const [a, b] = [heap[i], heap[j]]
    return a !== undefined && b !== undefined && isEarlier(a, b)
  }
  const pop = (): Scheduled | undefined => {
    swap(0, heap.length - 1)
    const first = heap.pop()
    for (let i = 0; ; ) {
      let least = i
      if (precedes(2 * i + 1, least)) least = 2 * i + 1
      if (precedes(2 * i + 2, least)) least = 2 * i + 2
      if (least === i) return first
      swap(i, least)
      i = least
    }
  }

  return {
    schedule: (at, run) => {
      heap.push({ at, order: scheduled++, run })
      for (let i = heap.length - 1; i > 0 && precedes(i, (i - 1) >> 1); i = (i - 1) >> 1) swap(i, (i - 1) >> 1)
    },
    runUntil: (until) => {
      while (!until()) {
        const next = pop()
        if (next === undefined) return
        next.run(next.at)
      }
    }
  }
}
