/**
 * When requests were accepted, as far as it matters: what a quota must at least
 * be, given what has gone through it.
 */

interface Slot {
  /** When the first of them was sent. */
  readonly sentAt: number
  /** When the reply to the last of them came. */
  readonly repliedAt: number
  readonly count: number
}

/** The newest slot apart from those before it: as a rule a request changes only that one. */
export interface Log {
  /** Oldest first. */
  readonly older: ReadonlyArray<Slot>
  readonly last: Slot | undefined
}

export const minute = 60_000

export const empty: Log = { older: [], last: undefined }

/** Requests sent closer together than this share a slot; all slots together are more than a minute. */
const resolution = 500
const mostSlots = 128
/** What is older says nothing any more of a quota of a minute. */
const memory = 10 * minute

export const add = ({ last, older }: Log, sentAt: number, now: number): Log => {
  if (last !== undefined && sentAt - last.sentAt < resolution) {
    const slot = { sentAt: last.sentAt, repliedAt: Math.max(last.repliedAt, now), count: last.count + 1 }
    return { older, last: slot }
  }
  const slot: Slot = { sentAt, repliedAt: now, count: 1 }
  const all = last === undefined ? older : [...older, last]
  const [first, second, ...rest] = all
  if (first === undefined || first.repliedAt + memory < now) return { older: all.slice(1), last: slot }
  if (second === undefined || all.length < mostSlots) return { older: all, last: slot }
  return { older: [{ ...second, sentAt: first.sentAt, count: first.count + second.count }, ...rest], last: slot }
}

/** From the newest to the oldest, until one is enough. */
const someNewestFirst = ({ last, older }: Log, isEnough: (slot: Slot) => boolean): Slot | undefined =>
  last === undefined || isEnough(last) ? last : older.findLast(isEnough)

/**
 * So many a minute the quota allows at least: whoever lets through `n` requests
 * in a time `t` has a bucket of a minute's worth, and the minutes in `t` on top.
 * Exact when the bucket was full at some time and is empty now.
 */
export const leastPerMinute = (log: Log, now: number): number => {
  let count = 0
  let least = 0
  someNewestFirst(log, (slot) => {
    count += slot.count
    least = Math.max(least, count / (1 + (now - slot.sentAt) / minute))
    return false
  })
  return least
}

/** When a window that began with the first request of the last minute is over; `undefined` when there was none. */
export const windowEnd = (log: Log, now: number): number | undefined => {
  const isRecent = (slot: Slot) => slot.repliedAt + minute > now
  const first = log.older.find(isRecent) ?? (log.last !== undefined && isRecent(log.last) ? log.last : undefined)
  return first === undefined ? undefined : first.repliedAt + minute
}

/** When fewer than `most` of those that were answered after `from` lie less than a minute back. */
export const fewerThan = (log: Log, most: number, from: number): number => {
  let count = 0
  const slot = someNewestFirst(log, (slot) => {
    if (slot.repliedAt < from) return true
    count += slot.count
    return count >= most
  })
  return slot !== undefined && count >= most ? slot.repliedAt + minute : Number.NEGATIVE_INFINITY
}
