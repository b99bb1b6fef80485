import type { Rate, ServerBehavior } from "../../behavior.ts"
import type { Operation } from "../../faults.ts"
import { errorReply, type Reply } from "../../http.ts"
import { endpoints, takesAdmin } from "../api/endpoints.ts"
import * as Bucket from "./bucket.ts"

type Bucketed = Operation | "list-delete" | "shared"

const names: ReadonlyArray<Bucketed> = [
  ...endpoints.filter(takesAdmin).map(({ operation }) => operation),
  "list-delete",
  "shared"
]

/** The buckets of a rate, of every scope; none without a rate. What has no bucket has no quota. */
export type Quota = Readonly<Partial<Record<Bucketed, Bucket.Bucket>>> | undefined

const limitsOf = (rate: Rate): Bucket.Limits => ({
  requests: rate.requests,
  perMillis: rate.per,
  burst: rate.burst ?? Math.max(1, rate.requests),
  refill: rate.refill ?? "continuous",
  countRefused: rate.countRefused ?? true
})

/** The quota under another rate from `now` on; the calls that are saved up stay. */
export const change = (quota: Quota, rate: ServerBehavior["rate"], now: number): Quota => {
  if (rate === "unlimited") return undefined
  const limits = limitsOf(rate)
  return Object.fromEntries(
    names.map((name) => {
      const before = quota?.[name]
      return [name, before === undefined ? Bucket.full(limits, now) : Bucket.resize(before, limits, now)]
    })
  )
}

/** What a refusal calls an operation. */
const described = (operation: Operation): string =>
  ["list", "create", "delete"].includes(operation) ? `${operation} of checkpoint permissions` : operation

const waitHeaders = (rate: Rate, waitMillis: number, now: number): Readonly<Record<string, string>> => {
  switch (rate.headers ?? "none") {
    case "none":
      return {}
    case "retry-after":
      return { "retry-after": String(Math.ceil(waitMillis / 1000)) }
    case "retry-after-ms":
      return { "retry-after-ms": String(Math.ceil(waitMillis)) }
    case "http-date":
      return { "retry-after": new Date(Math.ceil((now + waitMillis) / 1000) * 1000).toUTCString() }
  }
}

const bucketOf = ({ scope }: Rate, quota: NonNullable<Quota>, operation: Operation): Bucketed => {
  if (scope === "shared" && quota[operation] !== undefined) return "shared"
  return scope === "list-delete" && (operation === "list" || operation === "delete") ? "list-delete" : operation
}

/** Takes a call, or says why it is refused. */
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
  const { bucket, waitMillis } = Bucket.take(before, now)
  const next = { ...quota, [name]: bucket }
  if (waitMillis === 0) return { quota: next }
  return {
    quota: next,
    refusal: errorReply(429, `Rate limit reached for ${described(operation)}. Please try again later.`, {
      type: "requests",
      code: "rate_limit_exceeded",
      headers: waitHeaders(rate, waitMillis, now)
    })
  }
}
