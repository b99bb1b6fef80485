import { assert, describe, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import * as TokenBucket from "../src/internal/tokenBucket.ts"

const limits = fc.record({
  requests: fc.integer({ min: 1, max: 60 }),
  perMillis: fc.constantFrom(1000, 7000, 60_000),
  burst: fc.integer({ min: 1, max: 60 }),
  refill: fc.constantFrom("continuous" as const, "window" as const),
  countRefused: fc.boolean()
})

const gaps = fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 200 })

/** Calls after these gaps: when each came, and whether it was taken. */
const play = (settings: TokenBucket.Limits, waits: ReadonlyArray<number>) => {
  let bucket = TokenBucket.full(settings, 0)
  let now = 0
  return waits.map((gap) => {
    now += gap
    const taken = TokenBucket.take(bucket, now)
    bucket = taken.bucket
    return { now, waitMillis: taken.waitMillis, bucket }
  })
}

describe("token bucket", () => {
  it.prop("never gives more than burst and what time has given back", [limits, gaps], ([settings, waits]) => {
    const times = play(settings, waits).flatMap(({ now, waitMillis }) => (waitMillis === 0 ? [now] : []))
    for (const [i, start] of times.entries()) {
      for (const [j, end] of times.slice(i).entries()) {
        const gained =
          settings.refill === "continuous"
            ? ((end - start) * settings.requests) / settings.perMillis
            : (Math.floor(end / settings.perMillis) - Math.floor(start / settings.perMillis)) * settings.requests
        assert.isAtMost(j + 1, settings.burst + gained)
      }
    }
  })

  it.prop(
    "the wait it names is exact: a call succeeds then, and not a millisecond before",
    [limits, gaps],
    ([settings, waits]) => {
      for (const { bucket, now, waitMillis } of play(settings, waits)) {
        if (waitMillis === 0) continue
        assert.strictEqual(TokenBucket.take(bucket, now + waitMillis).waitMillis, 0)
        assert.isAbove(TokenBucket.take(bucket, now + waitMillis - 1).waitMillis, 0)
      }
    }
  )

  it.prop(
    "a patient caller gets requests per time, exactly so if a call more can be saved up",
    [limits],
    ([settings]) => {
      const calls = settings.burst + settings.requests * 3
      let bucket = TokenBucket.full(settings, 0)
      let now = 0
      for (let i = 0; i < calls; i++) {
        const taken = TokenBucket.take(bucket, now)
        bucket = taken.waitMillis === 0 ? taken.bucket : bucket
        if (taken.waitMillis > 0) {
          const wait = TokenBucket.take({ ...bucket, limits: { ...settings, countRefused: false } }, now).waitMillis
          now += wait
          bucket = TokenBucket.take(bucket, now).bucket
        }
      }
      const least = 3 * settings.perMillis
      if (settings.refill === "continuous" && settings.burst > 1) assert.strictEqual(now, least)
      else assert.isAtLeast(now, least)
    }
  )

  it.prop("another rate and back again gives nothing away", [limits, limits, fc.nat(10_000)], ([one, two, now]) => {
    const drained = { ...TokenBucket.full(one, 0), level: 0 }
    const settled = TokenBucket.resize(drained, one, now)
    const back = TokenBucket.resize(TokenBucket.resize(settled, two, now), one, now)
    assert.isAtMost(back.level, settled.level)
  })
})
