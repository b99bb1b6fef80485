import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import * as estimates from "../src/estimates.ts"

const assumed: estimates.PaceEstimate = { basis: "assumed", millis: 360_000, isHeld: false, refused: 0 }
const measured: estimates.PaceEstimate = { basis: "measured", millis: 90_000, isHeld: false, refused: 2 }

describe("overall", () => {
  const of = (...paces: ReadonlyArray<estimates.PaceEstimate>) => paces.map((pace) => ({ requests: 70, pace }))

  it("says what nothing refused takes, and what ten a minute takes", () => {
    assert.deepStrictEqual(estimates.overall(of(assumed), 100), {
      basis: "assumed",
      millis: 360_000,
      unrefused: 6900,
      refused: 0
    })
    assert.deepStrictEqual(estimates.overall(of(assumed), undefined), { basis: "assumed", millis: 360_000, refused: 0 })
  })

  it("the slowest operation decides, and no request is quicker than the network", () => {
    assert.deepStrictEqual(estimates.overall(of(assumed, measured), 100), {
      basis: "assumed",
      millis: 360_000,
      unrefused: 90_000,
      refused: 2
    })
    assert.deepInclude(estimates.overall(of({ ...assumed, millis: 10 }, measured), 10), {
      basis: "measured",
      millis: 90_000
    })
    assert.deepInclude(estimates.overall(of(measured), 60_000), { basis: "measured", millis: 69 * 60_000 })
  })

  it("while requests are held, something is refused", () => {
    const held = estimates.overall(of({ ...assumed, isHeld: true, refused: 1 }), 100)
    assert.deepStrictEqual(held, { basis: "assumed", millis: 360_000, refused: 1 })
  })

  it("an operation that nobody wants says nothing", () => {
    const operations = [
      { requests: 0, pace: { ...measured, millis: 0 } },
      { requests: 1, pace: { ...assumed, millis: 0 } }
    ]
    assert.deepStrictEqual(estimates.overall(operations, 500), {
      basis: "assumed",
      millis: 0,
      unrefused: 0,
      refused: 0
    })
    assert.strictEqual(estimates.overall([], undefined).millis, 0)
  })
})

describe("traffic", () => {
  it("knows nothing before a reply", () => {
    const traffic = estimates.traffic()
    assert.isUndefined(traffic.each())
    traffic.sent()(undefined)
    assert.isUndefined(traffic.each())
  })

  it("requests that are under way together take less time each", () => {
    const traffic = estimates.traffic()
    const eight = Array.from({ length: 8 }, () => traffic.sent())
    eight[0]?.(800)
    assert.strictEqual(traffic.each(), 100)
    for (const left of eight.slice(1)) left(800)
    assert.approximately(traffic.each() ?? 0, 120, 20)
  })

  it("the time in which nothing is wanted does not count, nor a request without a reply", () => {
    const traffic = estimates.traffic()
    traffic.sent()(200)
    traffic.sent()(undefined)
    traffic.sent()(200)
    assert.strictEqual(traffic.each(), 200)
  })

  it("follows a server that becomes slower, and one that becomes faster", () => {
    const traffic = estimates.traffic()
    const run = (count: number, latency: number) => {
      for (let i = 0; i < count; i++) traffic.sent()(latency)
    }
    run(1000, 100)
    run(500, 1000)
    assert.approximately(traffic.each() ?? 0, 1000, 100)
    run(500, 100)
    assert.approximately(traffic.each() ?? 0, 100, 10)
  })
})

describe("what is said", () => {
  const estimate = fc.record({
    basis: fc.constantFrom("assumed" as const, "measured" as const),
    millis: fc.integer({ min: 0, max: 20_000_000 }),
    refused: fc.integer({ min: 0, max: 1 })
  })
  const steps = fc.array(fc.record({ passed: fc.integer({ min: 0, max: 60_000 }), estimate }), { minLength: 2 })

  it("does not jump by more than a fifth unless something happened, nor does what is shown of it", () =>
    fc.assert(
      fc.property(steps, (steps) => {
        let now = 0
        let said: estimates.Said | undefined
        for (const { estimate, passed } of steps) {
          now += passed
          const before = said
          said = estimates.next(before, estimate, now)
          const isKept = estimate.basis === "measured" && before?.basis === "measured"
          if (!isKept || before.refused !== estimate.refused) {
            assert.strictEqual(said.millis, estimate.millis)
            continue
          }
          const [was, is] = [shown(before.millis), shown(said.millis)]
          assert.isAtMost(is, Math.max(1.2 * was, 5000) + 1000, `${before.millis} ms, then ${said.millis} ms`)
          assert.isAtLeast(
            is,
            Math.min(0.8 * (was - passed), was) - 1000,
            `${before.millis} ms, then ${said.millis} ms`
          )
        }
      })
    ))

  it("becomes less as time passes, and does not follow small changes", () => {
    let said = estimates.next(undefined, { basis: "measured", millis: 600_000, refused: 1 }, 0)
    for (let now = 6000; now < 540_000; now += 6000) {
      const wobbled = (600_000 - now) * (now % 12_000 === 0 ? 1.08 : 0.95)
      said = estimates.next(said, { basis: "measured", millis: wobbled, refused: 1 }, now)
      assert.strictEqual(said.millis, 600_000 - now)
    }
  })

  it("comes to what is so, however wrong it was", () => {
    let said = estimates.next(undefined, { basis: "measured", millis: 5000, refused: 1 }, 0)
    for (let now = 0; now < 600_000; now += 2000) {
      said = estimates.next(said, { basis: "measured", millis: 3_600_000, refused: 1 }, now)
    }
    assert.isAtLeast(said.millis, 3_000_000)
  })

  it("however often it is asked", () => {
    const of = (every: number): number => {
      let said = estimates.next(undefined, { basis: "measured", millis: 600_000, refused: 1 }, 0)
      for (let now = 0; now <= 10_000; now += every) {
        said = estimates.next(said, { basis: "measured", millis: 6_000_000, refused: 1 }, now)
      }
      return said.millis
    }
    assert.approximately(of(10), of(1000), 15_000)
    assert.isAtMost(of(10), 1.22 * 600_000)
  })

  it("an assumption is no measurement: both times are said as they are", () => {
    const assumed = { basis: "assumed", millis: 600_000, unrefused: 60_000, refused: 0 } as const
    const said = estimates.next(undefined, assumed, 0)
    const later = { ...assumed, millis: 300_000, unrefused: 5000 }
    assert.deepStrictEqual(estimates.next(said, later, 1000), { ...later, at: 1000 })
  })
})

/** What a text says, in milliseconds. */
const shown = (millis: number): number =>
  [...estimates.time(millis).matchAll(/(\d+) ?([hms])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (unit === "h" ? 3_600_000 : unit === "m" ? 60_000 : 1000),
    0
  )

describe("words", () => {
  it("times are rounded to a tenth, or a second", () => {
    const texts = [0, 1499, 59_400, 59_900, 64_000, 119_900, 126_000, 1_789_000, 7_180_000, 7_800_000, 40_000_000]
    assert.deepStrictEqual(texts.map(estimates.time), [
      "1 s",
      "1 s",
      "59 s",
      "1m",
      "1m 5s",
      "2m",
      "2m 10s",
      "30m",
      "2h",
      "2h 10m",
      "11h"
    ])
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 100_000_000 }), (millis) => {
        assert.isAtMost(Math.abs(shown(millis) - millis), Math.max(500, millis / 20))
      })
    )
  })

  it("say what an estimate rests on", () => {
    const of = (estimate: Partial<estimates.Estimate>) =>
      estimates.words({ basis: "assumed", millis: 1_740_000, refused: 0, ...estimate })
    assert.deepStrictEqual(
      [
        of({ millis: 900 }),
        of({}),
        of({ unrefused: 4800 }),
        of({ unrefused: 4800, refused: 1 }),
        of({ unrefused: 1_739_000 }),
        of({ refused: 1 }),
        of({ basis: "measured" }),
        of({ basis: "configured" })
      ],
      [
        "without a wait",
        "29m at ten a minute, less if nothing is refused",
        "5 s if nothing is refused, 29m at ten a minute",
        "5 s if nothing more is refused, 29m at ten a minute",
        "about 29m",
        "about 29m at ten a minute",
        "about 29m at the measured pace",
        "about 29m at the rate that was given"
      ]
    )
  })
})

describe("finishing", () => {
  it("nothing is said of a minute that is not over", () => {
    const finishing = estimates.finishing(0)
    assert.isUndefined(finishing.estimate(10))
    finishing.ended(59_999)
    assert.isUndefined(finishing.estimate(10))
    finishing.ended(80_000)
    assert.deepStrictEqual(finishing.estimate(10), { basis: "measured", millis: 400_000, refused: 0 })
  })

  it("the last ones count", () => {
    const finishing = estimates.finishing(0)
    for (let i = 1; i <= 100; i++) finishing.ended(i * 10_000)
    for (let i = 1; i <= 64; i++) finishing.ended(1_000_000 + i * 1000)
    assert.strictEqual(finishing.estimate(10)?.millis, 10_000)
    finishing.ended(500_000)
    assert.isAtLeast(finishing.estimate(10)?.millis ?? -1, 0)
  })
})
