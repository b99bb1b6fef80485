/**
 * A token bucket in whole numbers. A call costs `perMillis` units, and each millisecond gives back `requests` of them.
 *
 * A clock that goes back gives nothing back and takes nothing away: the wait counts from the time that the clock shows
 * then.
 */

export interface Limits {
  readonly requests: number
  readonly perMillis: number
  readonly burst: number
  readonly refill: "continuous" | "window"
  readonly countRefused: boolean
}

export interface Bucket {
  readonly limits: Limits
  /** Units saved up at `time`. */
  readonly level: number
  readonly time: number
  /** Windows are counted from here. */
  readonly origin: number
}

interface Taken {
  readonly bucket: Bucket
  /** Milliseconds until a call is possible; 0 if this one was. */
  readonly waitMillis: number
}

export const full = (limits: Limits, now: number): Bucket => ({
  limits,
  level: limits.burst * limits.perMillis,
  time: now,
  origin: now
})

const windowAt = (bucket: Bucket, time: number): number => Math.floor((time - bucket.origin) / bucket.limits.perMillis)

/** The bucket with what was given back until `now`. */
const settled = (bucket: Bucket, now: number): Bucket => {
  const { burst, perMillis, refill, requests } = bucket.limits
  const gained =
    refill === "continuous"
      ? (now - bucket.time) * requests
      : (windowAt(bucket, now) - windowAt(bucket, bucket.time)) * requests * perMillis
  return { ...bucket, level: Math.min(burst * perMillis, bucket.level + Math.max(0, gained)), time: now }
}

const wait = (bucket: Bucket, now: number): number => {
  const { perMillis, refill, requests } = bucket.limits
  if (refill === "continuous") return Math.ceil((perMillis - bucket.level) / requests)
  const windows = Math.ceil((perMillis - bucket.level) / (requests * perMillis))
  return bucket.origin + (windowAt(bucket, now) + windows) * perMillis - now
}

export const take = (before: Bucket, now: number): Taken => {
  const bucket = settled(before, now)
  const { countRefused, perMillis, refill } = bucket.limits
  if (bucket.level >= perMillis) return { bucket: { ...bucket, level: bucket.level - perMillis }, waitMillis: 0 }
  const refused = countRefused && refill === "continuous" ? { ...bucket, level: 0 } : bucket
  return { bucket: refused, waitMillis: wait(refused, now) }
}

/** The same calls saved up, under other limits from `now` on. */
export const resize = (before: Bucket, limits: Limits, now: number): Bucket => {
  const bucket = settled(before, now)
  const calls = bucket.level / bucket.limits.perMillis
  return {
    limits,
    level: Math.floor(Math.min(limits.burst, calls) * limits.perMillis),
    time: now,
    origin: limits.perMillis === bucket.limits.perMillis && limits.refill === bucket.limits.refill ? bucket.origin : now
  }
}
