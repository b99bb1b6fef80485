import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import * as TokenBucket from "../src/internal/quota.ts"

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
  let bucket = TokenBucket.fullBucket(settings, 0)
  let now = 0
  return waits.map((gap) => {
    now += gap
    const taken = TokenBucket.takeFrom(bucket, now)
    bucket = taken.bucket
    return { now, waitMillis: taken.waitMillis, bucket }
  })
}

const check = <T extends [unknown, ...Array<unknown>]>(
  arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
  property: (...values: T) => void
): void => fc.assert(fc.property(...arbitraries, (...values) => property(...values)))

describe("token bucket, also on a clock that goes back", () => {
  const steps = fc.oneof(gaps, fc.array(fc.integer({ min: -200_000, max: 30_000 }), { maxLength: 200 }))

  it("the wait it names is exact, and no longer than one call takes to come back", () =>
    check([limits, steps], (settings, waits) => {
      const longest =
        settings.refill === "window" ? settings.perMillis : Math.ceil(settings.perMillis / settings.requests)
      for (const { bucket, now, waitMillis } of play(settings, waits)) {
        assert.isAtMost(waitMillis, longest)
        if (waitMillis === 0) continue
        assert.strictEqual(TokenBucket.takeFrom(bucket, now + waitMillis).waitMillis, 0)
        assert.isAbove(TokenBucket.takeFrom(bucket, now + waitMillis - 1).waitMillis, 0)
      }
    }))

  it("going back gives nothing: only the time that it went forward does", () =>
    check([limits, steps], (settings, waits) => {
      let forward = 0
      let given = 0
      let before = 0
      for (const { now, waitMillis } of play(settings, waits)) {
        forward +=
          settings.refill === "continuous"
            ? Math.max(0, now - before) / settings.perMillis
            : Math.max(0, Math.floor(now / settings.perMillis) - Math.floor(before / settings.perMillis))
        before = now
        given += waitMillis === 0 ? 1 : 0
        assert.isAtMost(given, settings.burst + forward * settings.requests + 1e-6)
      }
    }))
})
