/** One turn in each interval as one script of Redis, by the clock of Redis: `test/pace/turn.ts` as a rule. */
import * as Effect from "effect/Effect"
import type { Redis } from "ioredis"
import { type Ask, StoreAway } from "./store.ts"

/** Milliseconds since the epoch, with microseconds. */
export const clock = `(function() local t = redis.call("TIME"); return t[1] * 1000 + t[2] / 1000 end)()`

/**
 * Numbers are written as text, since Redis cuts those that a script returns. A key outlives its turn by a minute, so
 * that a step back of the clock is seen.
 */
export const script = (clock: string): string => `
local now = ${clock}
local cost = tonumber(ARGV[1])
local stored = redis.call("HMGET", KEYS[1], "at", "cost")
local at, stored_cost = tonumber(stored[1]), tonumber(stored[2])
local wait = 0
if at and stored_cost and now - at < stored_cost then
  if now >= at then return string.format("%.17g", stored_cost - (now - at)) end
  cost, wait = stored_cost, stored_cost
end
redis.call("HSET", KEYS[1], "at", string.format("%.17g", now), "cost", string.format("%.17g", cost))
redis.call("PEXPIRE", KEYS[1], math.ceil(cost) + 60000)
return string.format("%.17g", wait)
`

const take = script(clock)

export const make =
  (redis: Redis, prefix: string): Ask =>
  (key, cost) =>
    Effect.tryPromise({
      try: () => redis.eval(take, 1, `${prefix}${key}`, cost),
      catch: (cause) => new StoreAway({ message: cause instanceof Error ? cause.message : String(cause) })
    })
