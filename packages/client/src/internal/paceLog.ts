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

/** Oldest first. */
export type Log = ReadonlyArray<Slot>

export const minute = 60_000

export const empty: Log = []

/** Requests sent closer together than this share a slot; all slots together are more than a minute. */
const resolution = 500
const mostSlots = 128
/** What is older says nothing any more of a quota of a minute. */
const memory = 10 * minute

export const add = (log: Log, sentAt: number, now: number): Log => {
  const last = log[log.length - 1]
  if (last !== undefined && sentAt - last.sentAt < resolution) {
    return [...log.slice(0, -1), { ...last, count: last.count + 1, repliedAt: Math.max(last.repliedAt, now) }]
  }
  const slot: Slot = { sentAt, repliedAt: now, count: 1 }
  const [first, second, ...rest] = log
  if (first === undefined) return [slot]
  if (first.repliedAt + memory < now) return [...log.slice(1), slot]
  if (second === undefined || log.length < mostSlots) return [...log, slot]
  return [{ ...second, sentAt: first.sentAt, count: first.count + second.count }, ...rest, slot]
}

/**
 * So many a minute the quota allows at least: whoever lets through `n` requests
 * in a time `t` has a bucket of a minute's worth, and the minutes in `t` on top.
 * Exact when the bucket was full at some time and is empty now.
 */
export const leastPerMinute = (log: Log, now: number): number => {
  let count = 0
  let least = 0
  for (let i = log.length - 1; i >= 0; i--) {
    const slot = log[i]
    if (slot === undefined) continue
    count += slot.count
    least = Math.max(least, count / (1 + (now - slot.sentAt) / minute))
  }
  return least
}

/** When a window that began with the first request of the last minute is over; `undefined` when there was none. */
export const windowEnd = (log: Log, now: number): number | undefined => {
  const first = log.find((slot) => slot.repliedAt + minute > now)
  return first === undefined ? undefined : first.repliedAt + minute
}

/** When fewer than `most` of those that were answered after `from` lie less than a minute back. */
export const fewerThan = (log: Log, most: number, from: number): number => {
  let count = 0
  for (let i = log.length - 1; i >= 0; i--) {
    const slot = log[i]
    if (slot === undefined || slot.repliedAt < from) break
    count += slot.count
    if (count >= most) return slot.repliedAt + minute
  }
  return Number.NEGATIVE_INFINITY
}
