import * as Duration from "effect/Duration"
import type { Rate, ServerBehavior } from "../ServerBehavior.ts"
import { failure } from "./envelope.ts"
import type { Reply } from "./http.ts"
import type { Operation } from "./route.ts"
import * as TokenBucket from "./tokenBucket.ts"

const limits = (rate: Rate): TokenBucket.Limits => ({
  requests: rate.requests,
  perMillis: Duration.toMillis(rate.per),
  burst: rate.burst ?? rate.requests,
  refill: rate.refill ?? "continuous",
  countRefused: rate.countRefused ?? true
})

const buckets = ["list", "create", "delete", "shared"] as const

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

export interface Quota {
  /** The refusal of a call that is one too many. */
  readonly take: (operation: Operation, now: number) => Reply | undefined
  /** Another rate from `now` on; what was saved up stays. */
  readonly change: (rate: ServerBehavior["rate"], now: number) => void
}

export const make = (initial: ServerBehavior["rate"], now: number): Quota => {
  let rate = initial
  const state = new Map<string, TokenBucket.Bucket>()

  const change: Quota["change"] = (next, now) => {
    rate = next
    if (next === "unlimited") return state.clear()
    for (const name of buckets) {
      const bucket = state.get(name)
      state.set(
        name,
        bucket === undefined ? TokenBucket.full(limits(next), now) : TokenBucket.resize(bucket, limits(next), now)
      )
    }
  }
  change(initial, now)

  return {
    change,
    take: (operation, now) => {
      if (rate === "unlimited") return undefined
      const name = rate.scope === "shared" ? "shared" : operation
      const bucket = state.get(name)
      if (bucket === undefined) return undefined
      const taken = TokenBucket.take(bucket, now)
      state.set(name, taken.bucket)
      if (taken.waitMillis === 0) return undefined
      return failure(429, `Rate limit reached for ${operation} of checkpoint permissions. Please try again later.`, {
        type: "requests",
        code: "rate_limit_exceeded",
        headers: waitHeaders(rate, taken.waitMillis, now)
      })
    }
  }
}
