import type { Rate, ServerBehavior } from "../../behavior.ts"
import type { Operation } from "../../faults.ts"
import type { Reply } from "../../http.ts"
import { failure } from "../api/envelope.ts"
import * as Bucket from "./bucket.ts"

type Name = Operation | "shared"

/** The buckets of a rate, of every scope; none without a rate. */
export type Quota = Readonly<Record<Name, Bucket.Bucket>> | undefined

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
  const bucket = (name: Name) =>
    quota === undefined ? Bucket.full(limits, now) : Bucket.resize(quota[name], limits, now)
  return { list: bucket("list"), create: bucket("create"), delete: bucket("delete"), shared: bucket("shared") }
}

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

/** Takes a call, or says why it is refused. */
export const take = (
  quota: Quota,
  rate: ServerBehavior["rate"],
  operation: Operation,
  now: number
): { readonly quota: Quota; readonly refusal?: Reply } => {
  if (rate === "unlimited" || quota === undefined) return { quota }
  const name = rate.scope === "shared" ? "shared" : operation
  const { bucket, waitMillis } = Bucket.take(quota[name], now)
  const next = { ...quota, [name]: bucket }
  if (waitMillis === 0) return { quota: next }
  return {
    quota: next,
    refusal: failure(429, `Rate limit reached for ${operation} of checkpoint permissions. Please try again later.`, {
      type: "requests",
      code: "rate_limit_exceeded",
      headers: waitHeaders(rate, waitMillis, now)
    })
  }
}
