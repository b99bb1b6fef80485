/**
 * The quota of a server: a token bucket for each operation.
 *
 * A bucket counts in whole units. A call costs `perMillis` units, and each millisecond restores `requests` units. A
 * clock that is set back restores nothing, and waits are relative to its new time.
 */
import type { PerRoute, Rate, ServerBehavior } from "../behavior.ts"
import type { Operation } from "../faults.ts"
import type { Reply } from "../http.ts"
import { endpoints, takesAdmin } from "./api/endpoints.ts"
import { refused } from "./api/reply.ts"
import { type ApiError, errors } from "./errors.ts"

export interface Limits {
  readonly requests: number
  readonly perMillis: number
  readonly burst: number
  readonly refill: "continuous" | "window"
  readonly countRefused: boolean
}

export interface Bucket {
  readonly limits: Limits
  /** The units in the bucket at `time`. */
  readonly level: number
  readonly time: number
  readonly origin: number
}

interface Taken {
  readonly bucket: Bucket
  /** Milliseconds until a call is possible. 0 if this call was possible. */
  readonly waitMillis: number
}

export const fullBucket = (limits: Limits, now: number): Bucket => ({
  limits,
  level: limits.burst * limits.perMillis,
  time: now,
  origin: now
})

const windowAt = (bucket: Bucket, time: number): number => Math.floor((time - bucket.origin) / bucket.limits.perMillis)

/** Returns the bucket with the units restored until `now`. */
const refilled = (bucket: Bucket, now: number): Bucket => {
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

export const takeFrom = (before: Bucket, now: number): Taken => {
  const bucket = refilled(before, now)
  const { countRefused, perMillis, refill } = bucket.limits
  if (bucket.level >= perMillis) return { bucket: { ...bucket, level: bucket.level - perMillis }, waitMillis: 0 }
  const refused = countRefused && refill === "continuous" ? { ...bucket, level: 0 } : bucket
  return { bucket: refused, waitMillis: wait(refused, now) }
}

/** Returns a bucket with new limits from `now` on. The saved calls are kept. */
export const resize = (before: Bucket, limits: Limits, now: number): Bucket => {
  const bucket = refilled(before, now)
  const calls = bucket.level / bucket.limits.perMillis
  return {
    limits,
    level: Math.floor(Math.min(limits.burst, calls) * limits.perMillis),
    time: now,
    origin: limits.perMillis === bucket.limits.perMillis && limits.refill === bucket.limits.refill ? bucket.origin : now
  }
}

type Bucketed = Operation | "list-delete" | "shared"

const names: ReadonlyArray<Bucketed> = [
  ...endpoints.filter(takesAdmin).map(({ operation }) => operation),
  "list-delete",
  "shared"
]

/** The buckets of a rate by operation or scope. Empty without a rate. An operation without a bucket has no quota. */
export type Quota = Readonly<Partial<Record<Bucketed, Bucket>>> | undefined

const limitsOf = (rate: Rate): Limits => ({
  requests: rate.requests,
  perMillis: rate.per,
  burst: rate.burst ?? Math.max(1, rate.requests),
  refill: rate.refill ?? "continuous",
  countRefused: rate.countRefused ?? true
})

/** Returns the quota with another rate from `now` on. The saved calls are kept. */
export const change = (quota: Quota, rate: ServerBehavior["rate"], now: number): Quota => {
  if (rate === "unlimited") return undefined
  const limits = limitsOf(rate)
  return Object.fromEntries(
    names.map((name) => {
      const before = quota?.[name]
      return [name, before === undefined ? fullBucket(limits, now) : resize(before, limits, now)]
    })
  )
}

const ofRoute = <A extends string>(value: PerRoute<A> | undefined, operation: Operation): A | undefined =>
  typeof value === "object" ? value[operation] : value

const errorOf = ({ text }: Rate, operation: Operation): ApiError => {
  if (ofRoute(text, operation) !== "rate-limit-reached") return errors["rate_limit_exceeded/slow-down"]()
  const route = ["list", "create", "delete"].includes(operation) ? `${operation} of checkpoint permissions` : operation
  return errors["rate_limit_exceeded/limit-reached"](route)
}

type Headers = Readonly<Record<string, string>>

const waitHeaders = (rate: Rate, operation: Operation, waitMillis: number, now: number): Headers => {
  const seconds = Math.ceil((now + waitMillis) / 1000)
  return {
    none: {},
    "retry-after": { "retry-after": String(Math.ceil(waitMillis / 1000)) },
    "retry-after-ms": { "retry-after-ms": String(Math.ceil(waitMillis)) },
    "http-date": { "retry-after": new Date(seconds * 1000).toUTCString() }
  }[ofRoute(rate.headers, operation) ?? "none"]
}

const bucketOf = ({ scope }: Rate, quota: NonNullable<Quota>, operation: Operation): Bucketed => {
  if (scope === "shared" && quota[operation] !== undefined) return "shared"
  return scope === "list-delete" && (operation === "list" || operation === "delete") ? "list-delete" : operation
}

/** Takes a call from the quota. If there is none, returns the refusal. */
export const take = (
  quota: Quota,
  rate: ServerBehavior["rate"],
  operation: Operation,
  now: number
): { readonly quota: Quota; readonly refusal?: Reply } => {
  if (rate === "unlimited" || quota === undefined) return { quota }
  const name = bucketOf(rate, quota, operation)
  const before = quota[name]
  if (before === undefined) return { quota }
  const { bucket, waitMillis } = takeFrom(before, now)
  const next = { ...quota, [name]: bucket }
  if (waitMillis === 0) return { quota: next }
  return {
    quota: next,
    refusal: refused({ ...errorOf(rate, operation), headers: waitHeaders(rate, operation, waitMillis, now) })
  }
}
