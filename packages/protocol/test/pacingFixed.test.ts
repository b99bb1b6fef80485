import { assert, describe, it } from "vitest"
import * as pacing from "../src/pacing.ts"
import { drive, minute } from "./support/limiter.ts"

describe("a rate without a burst", () => {
  const start = (requests: number, per = minute) => drive(pacing.fixed({ requests, per }))

  it("permits no more than that in any period, counted from the replies", () => {
    const limiter = start(2)
    assert.deepStrictEqual(limiter.enter(1, 0).permitted, [1])
    assert.deepStrictEqual(limiter.enter(2, 0).permitted, [2])
    limiter.accept(1, 1000)
    limiter.accept(2, 3000)
    assert.strictEqual(limiter.enter(3, 3000).wakeAt, 61_000)
    assert.strictEqual(limiter.enter(4, 3000).wakeAt, 61_000)
    assert.deepStrictEqual(limiter.tick(60_999).permitted, [])
    assert.deepStrictEqual(limiter.tick(61_000).permitted, [3])
    assert.deepStrictEqual(limiter.tick(62_999).permitted, [])
    assert.deepStrictEqual(limiter.tick(63_000).permitted, [4])
  })

  it("requests under way count, whatever becomes of them", () => {
    const limiter = start(2, 100_000)
    limiter.enter(1, 0)
    limiter.enter(2, 10)
    assert.strictEqual(limiter.enter(3, 20).wakeAt, 60_000)
    limiter.leave(1, 30)
    assert.strictEqual(limiter.tick(30).wakeAt, 100_030)
  })

  it("one that never reports counts as if it had ended after a minute", () => {
    const limiter = start(1, 5000)
    limiter.enter(1, 0)
    assert.strictEqual(limiter.enter(2, 1000).wakeAt, 60_000)
    assert.strictEqual(limiter.tick(60_000).wakeAt, 65_000)
    assert.deepStrictEqual(limiter.tick(65_000).permitted, [2])
  })

  it("estimates", () => {
    const limiter = start(10)
    assert.strictEqual(limiter.estimate(0, 0), 0)
    assert.strictEqual(limiter.estimate(10, 0), 0)
    assert.strictEqual(limiter.estimate(11, 0), 60_000)
    assert.strictEqual(limiter.estimate(30, 0), 120_000)
    limiter.run(0, "aaa")
    limiter.run(10_000, "a")
    limiter.enter(1, 10_000)
    assert.strictEqual(limiter.estimate(5, 20_000), 0)
    assert.strictEqual(limiter.estimate(6, 20_000), 40_000)
    assert.strictEqual(limiter.estimate(8, 20_000), 40_000)
    assert.strictEqual(limiter.estimate(9, 20_000), 50_000)
    assert.strictEqual(limiter.estimate(10, 20_000), 60_000)
    assert.strictEqual(limiter.estimate(16, 20_000), 100_000)
    assert.strictEqual(limiter.estimate(8, 60_000), 0)
    assert.strictEqual(limiter.estimate(9, 60_000), 10_000)
    assert.strictEqual(limiter.estimate(10, 60_000), 60_000)
    const idle = start(10)
    idle.run(0, "aaa")
    assert.strictEqual(idle.estimate(20, 180_000), 60_000)
    const later = start(2)
    later.run(0, "aa")
    later.enter(1, 120_000)
    assert.deepStrictEqual([later.estimate(1, 120_000), later.estimate(2, 120_000)], [0, 60_000])
  })
})

describe("a rate with a burst", () => {
  const start = (burst: number, requests = 10) => drive(pacing.fixed({ requests, per: minute, burst }))

  it("saves up no more than the burst", () => {
    const limiter = start(2)
    limiter.run(0, "aaa")
    assert.deepStrictEqual(limiter.run(minute, "aaa"), [60_000, 60_000, 66_000])
    assert.deepStrictEqual(start(3).run(0, "aaaa").concat(), [0, 0, 0, 6000])
    const half = start(2)
    half.run(0, "aa")
    assert.deepStrictEqual(half.run(6000, "aa"), [6000, 12_000])
  })

  it("counts from when the first request has certainly arrived", () => {
    const limiter = start(1)
    limiter.enter(1, 0)
    assert.strictEqual(limiter.enter(2, 0).wakeAt, 10_000)
    assert.strictEqual(limiter.accept(1, 250).wakeAt, 6250)
    assert.deepStrictEqual([limiter.tick(6250).permitted, limiter.enter(3, 6300).wakeAt], [[2], 12_500])
    const slow = start(1)
    slow.enter(1, 0)
    slow.enter(2, 0)
    assert.strictEqual(slow.accept(1, 9000).wakeAt, 15_000)
    const never = start(1)
    never.enter(1, 0)
    never.enter(2, 0)
    assert.deepStrictEqual(never.tick(10_000).permitted, [2])
    const late = start(1)
    late.enter(1, 0)
    assert.strictEqual(late.leave(1, 50).wakeAt, undefined)
    assert.strictEqual(late.enter(2, 60).wakeAt, 6000)
  })

  it("the longest reply counts, up to ten seconds", () => {
    const limiter = start(2)
    limiter.enter(1, 0)
    limiter.enter(2, 0)
    limiter.accept(2, 100)
    limiter.accept(1, 300)
    assert.strictEqual(limiter.enter(3, 400).wakeAt, 6300)
    const slow = start(1, 1)
    slow.enter(1, 0)
    slow.accept(1, 30_000)
    assert.strictEqual(slow.enter(2, 30_000).wakeAt, 70_000)
  })

  it("estimates", () => {
    const limiter = start(10)
    assert.strictEqual(limiter.estimate(0, 0), 0)
    assert.strictEqual(limiter.estimate(5, 0), 0)
    assert.strictEqual(limiter.estimate(30, 0), 120_000)
    limiter.run(0, "aaaa")
    assert.strictEqual(limiter.estimate(6, 0), 0)
    assert.strictEqual(limiter.estimate(7, 0), 6000)
    assert.strictEqual(limiter.estimate(7, 5000), 1000)
  })
})

describe("the pause after a refusal", () => {
  it.each([
    ["without a burst", pacing.fixed({ requests: 60, per: minute })],
    ["with one", pacing.fixed({ requests: 60, per: minute, burst: 60 })]
  ])("%s: twice as long after each refusal in a row, up to the period", (_, state) => {
    const limiter = drive(state)
    const times = limiter.run(0, "rrrrrrrrrar")
    assert.deepStrictEqual(
      times.slice(1, 10).map((time, i) => time - (times[i] ?? 0)),
      [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]
    )
    const last = times.at(-1) ?? 0
    assert.strictEqual(limiter.goesAt(last).at, last + 1000)
  })

  it("is what Retry-After asks for, and is never shortened", () => {
    const limiter = drive(pacing.fixed({ requests: 60, per: minute }))
    for (const id of [1, 2, 3]) assert.deepStrictEqual(limiter.enter(id, 0).permitted, [id])
    assert.strictEqual(limiter.limit(1, 0, 90_000).pausedUntil, 90_000)
    assert.strictEqual(limiter.limit(2, 0, 1000).pausedUntil, 90_000)
    limiter.enter(4, 0)
    assert.deepStrictEqual(limiter.accept(3, 10).permitted, [])
    const actions = limiter.tick(90_000)
    assert.deepStrictEqual(actions.permitted, [4])
    assert.isUndefined(actions.pausedUntil)
    assert.strictEqual(limiter.pausedTime(100_000), 90_000)
  })
})
