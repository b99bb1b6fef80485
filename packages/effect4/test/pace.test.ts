/** Why the pace is the protocol's: Effect's own limiter, on the quota that has been measured of the API. */
import {
  CheckpointPermissions,
  FakePermissions,
  Pacing,
  RetryPolicy,
  type ServerBehavior,
  VirtualClock
} from "@checkpoint-permissions/effect4"
import { Clock, Effect, Layer, Redacted, References } from "effect"
import { HttpClient } from "effect/http"
import { RateLimiter } from "effect/persistence"
import { assert, describe, test } from "vitest"
import { checkpoint } from "./support/setup.ts"

/** 30 lists by 8 fibers: how long they take, and what share of the requests is refused. */
const measure = (
  rate: ServerBehavior.Rate,
  options: (limiter: RateLimiter.RateLimiter) => Partial<CheckpointPermissions.Options>
) =>
  Effect.gen(function* () {
    const fake = yield* FakePermissions.FakePermissions
    const limiter = yield* RateLimiter.make
    const service = yield* CheckpointPermissions.make({ adminKey: Redacted.make("sk-admin-test"), ...options(limiter) })
    yield* Effect.forEach(Array.from({ length: 30 }), () => Effect.exit(service.list(checkpoint)), { concurrency: 8 })
    const requests = yield* fake.requests
    return {
      minutes: (yield* Clock.currentTimeMillis) / 60_000,
      refused: requests.filter(({ status }) => status === 429).length / requests.length,
      answered: requests.filter(({ status }) => status === 200).length
    }
  }).pipe(
    Effect.provide(Layer.merge(FakePermissions.layer({ behavior: { rate } }), RateLimiter.layerStoreMemory)),
    Effect.provideService(References.MinimumLogLevel, "None"),
    VirtualClock.run,
    Effect.runPromise
  )

const ours = () => ({ pacing: Pacing.adaptive, retry: RetryPolicy.standard })
const limited = (limiter: RateLimiter.RateLimiter) => ({
  pacing: Pacing.none,
  retry: RetryPolicy.standard,
  transformClient: (client: HttpClient.HttpClient) =>
    client.pipe(
      HttpClient.withRateLimiter({ limiter, key: "list", limit: 1000, window: "1 minute" }),
      HttpClient.catchTag("RateLimiterError", (error) => Effect.die(error))
    )
})

describe("ten requests a minute, without a header that says so", () => {
  const rate = { requests: 10, per: "1 minute" } as const

  test("the pace is refused less than Effect's limiter, and takes no longer", async () => {
    const [paced, limiter] = [await measure(rate, ours), await measure(rate, limited)]
    assert.strictEqual(paced.answered, 30)
    assert.isAtMost(paced.minutes, 2.6)
    assert.isAtMost(paced.refused, 0.3)
    assert.isAbove(limiter.refused, 2 * paced.refused)
  })
})
