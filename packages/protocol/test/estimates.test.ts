import { assert, describe, it } from "vitest"
import * as estimates from "../src/estimates.ts"

const assumed: estimates.OperationEstimate = { basis: "assumed", millis: 360_000, isPaused: false, refused: 0 }
const measured: estimates.OperationEstimate = { basis: "measured", millis: 90_000, isPaused: false, refused: 2 }

describe("overall", () => {
  const of = (...limiters: ReadonlyArray<estimates.OperationEstimate>) =>
    limiters.map((limiter) => ({ requests: 70, limiter }))
  const held = { ...assumed, isPaused: true, refused: 1 }
  const unwanted = { requests: 0, limiter: { ...measured, millis: 0 } }

  it.each<[string, Parameters<typeof estimates.overall>, estimates.Estimate]>([
    [
      "says what nothing refused takes, and what ten a minute takes",
      [of(assumed), 100],
      { basis: "assumed", millis: 360_000, unrefused: 6900, refused: 0 }
    ],
    ["says one time before a reply", [of(assumed), undefined], { basis: "assumed", millis: 360_000, refused: 0 }],
    [
      "is that of the slowest operation",
      [of(assumed, measured), 100],
      { basis: "assumed", millis: 360_000, unrefused: 90_000, refused: 2 }
    ],
    [
      "of which one may be measured",
      [of({ ...assumed, millis: 10 }, measured), 10],
      { basis: "measured", millis: 90_000, refused: 2 }
    ],
    ["is no quicker than the network", [of(measured), 60_000], { basis: "measured", millis: 4_140_000, refused: 2 }],
    ["during a pause, something is refused", [of(held), 100], { basis: "assumed", millis: 360_000, refused: 1 }],
    [
      "leaves out an operation without requests",
      [[unwanted, { requests: 1, limiter: { ...assumed, millis: 0 } }], 500],
      { basis: "assumed", millis: 0, unrefused: 0, refused: 0 }
    ],
    ["of nothing is nothing", [[], undefined], { basis: "assumed", millis: 0, refused: 0 }]
  ])("%s", (_, given, expected) => {
    assert.deepStrictEqual(estimates.overall(...given), expected)
  })
})

describe("traffic", () => {
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

  it("the shortest reply counts: one slow listing is no forecast for the others", () => {
    const traffic = estimates.traffic()
    for (const took of [5000, 100, 9000]) traffic.sent()(took)
    assert.strictEqual(traffic.each(), 100)
  })
})

describe("the shown estimate", () => {
  const measuredAs = (millis: number) => ({ basis: "measured", millis, refused: 1 }) as const

  it("becomes less as time passes, and does not follow small changes", () => {
    let said = estimates.next(undefined, measuredAs(600_000), 0)
    for (let now = 6000; now < 540_000; now += 6000) {
      said = estimates.next(said, measuredAs((600_000 - now) * (now % 12_000 === 0 ? 1.08 : 0.95)), now)
      assert.strictEqual(said.millis, 600_000 - now)
    }
  })

  it("reaches the right value, however wrong it was", () => {
    let said = estimates.next(undefined, measuredAs(5000), 0)
    for (let now = 0; now < 600_000; now += 2000) said = estimates.next(said, measuredAs(3_600_000), now)
    assert.isAtLeast(said.millis, 3_000_000)
  })
})
