import { assert, describe, it } from "vitest"
import * as pacing from "../src/pacing.ts"
import { drive, minute } from "./support/limiter.ts"

const start = () => drive(pacing.adaptive())

/** Requests 1 to `count` go at once. */
const together = (count: number, now = 0) => {
  const limiter = start()
  for (let id = 1; id <= count; id++) assert.deepStrictEqual(limiter.enter(id, now).permitted, [id])
  return limiter
}

describe("a first refusal", () => {
  it("pauses for a second, and sends one probe before the others", () => {
    const limiter = together(2)
    assert.strictEqual(limiter.limit(1, 100).pausedUntil, 1100)
    limiter.leave(2, 100)
    assert.deepStrictEqual(limiter.enter(3, 200).permitted, [])
    const actions = limiter.enter(4, 200)
    assert.strictEqual(actions.wakeAt, 1100)
    assert.strictEqual(actions.next, 3)
    assert.deepStrictEqual(limiter.tick(1099).permitted, [])
    assert.deepStrictEqual(limiter.tick(1100).permitted, [3])
    assert.deepStrictEqual(limiter.tick(1_000).permitted, [])
    const then = limiter.accept(3, 1200)
    assert.deepStrictEqual(then.permitted, [4])
    assert.isUndefined(then.pausedUntil)
  })

  it("waits for the replies to the requests that were sent before", () => {
    const limiter = together(3)
    limiter.limit(1, 100)
    limiter.enter(4, 100)
    assert.deepStrictEqual(limiter.tick(1100).permitted, [])
    assert.deepStrictEqual(limiter.leave(2, 1500).permitted, [])
    assert.deepStrictEqual(limiter.leave(3, 1600).permitted, [4])
  })

  it("probes immediately when an earlier request is accepted", () => {
    const limiter = together(2)
    limiter.limit(1, 100)
    limiter.enter(3, 100)
    assert.deepStrictEqual(limiter.accept(2, 300).permitted, [3])
  })

  it("lasts as long as Retry-After asks for, and a shorter one does not count", () => {
    const limiter = together(4)
    assert.strictEqual(limiter.limit(1, 100, 61_000).pausedUntil, 61_100)
    assert.strictEqual(limiter.limit(2, 200, 2000).pausedUntil, 61_100)
    assert.strictEqual(limiter.accept(3, 300).pausedUntil, 61_100)
    limiter.leave(4, 300)
    assert.strictEqual(limiter.goesAt(300).at, 61_100)
    const day = together(1)
    assert.strictEqual(day.limit(1, 0, 86_400_000).pausedUntil, 86_400_000)
  })

  it("is extended by Retry-After of a later reply", () => {
    const limiter = together(3)
    limiter.limit(1, 100)
    assert.strictEqual(limiter.limit(2, 200, 5000).pausedUntil, 5200)
    assert.strictEqual(limiter.accept(3, 300).pausedUntil, 5200)
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("ignores a Retry-After of %d", (retryAfter) => {
    const limiter = together(1)
    assert.strictEqual(limiter.limit(1, 100, retryAfter).pausedUntil, 1100)
  })
})

describe("a probe that is refused", () => {
  it("waits three times as long each time, but not past the end of a window of a minute that began with the first request", () => {
    assert.deepStrictEqual(start().run(0, "aarrrrrra"), [0, 0, 0, 1000, 4000, 13_000, 40_000, 60_500, 122_000])
  })

  it("waits two minutes at most", () => {
    const times = start().run(0, "r".repeat(12))
    for (let i = 8; i < 12; i++) assert.strictEqual((times[i] ?? 0) - (times[i - 1] ?? 0), 120_000)
  })

  it("waits as long as the server asks for, and longer each time if that was too short", () => {
    assert.deepStrictEqual(
      start().run(0, "rrrrrrrrrr", 100),
      [0, 100, 1100, 3100, 7100, 15_100, 31_100, 63_100, 123_100, 183_100]
    )
    assert.deepStrictEqual(start().run(0, "rrrr", 70_000), [0, 70_000, 140_000, 210_000])
  })
})

describe("the measured rate", () => {
  /** Three a minute: a window, without a header. */
  const measured = () => {
    const limiter = start()
    assert.deepStrictEqual(limiter.run(0, "aaarrrrra"), [0, 0, 0, 0, 1000, 4000, 13_000, 40_000, 60_500])
    // the first wait is now as long as the last hold was, up to a minute
    assert.deepStrictEqual(limiter.run(60_500, "aaara"), [60_500, 60_500, 60_500, 60_500, 120_500])
    return limiter
  }

  it("is the rate of accepted requests between two pauses", () => {
    // three and the probe in 60 seconds
    assert.strictEqual(measured().goesAt(120_500).at, 135_500)
  })

  it("is exceeded as a trial after two accepted requests, and after twice as many whenever a trial shows nothing new", () => {
    const limiter = measured()
    assert.deepStrictEqual(limiter.run(120_500, "aaar"), [135_500, 150_500, 165_500, 175_500])
    // refused for being faster: the interval is what it was, and the next attempt comes after four
    assert.deepStrictEqual(limiter.run(175_500, "a"), [190_500])
    assert.deepStrictEqual(limiter.run(190_500, "aaaaar"), [205_500, 220_500, 235_500, 250_500, 265_500, 275_500])
    assert.deepStrictEqual(limiter.run(275_500, "aaa"), [290_500, 305_500, 320_500])
  })

  it("is kept after a refused trial, unless three probes in a row show that the server has become slower", () => {
    const intervalAfter = (refusedProbes: number) => {
      const limiter = measured()
      const trial = limiter.run(120_500, "aaar").at(-1) ?? 0
      const probed = limiter.run(trial, `${"r".repeat(refusedProbes)}a`).at(-1) ?? 0
      return limiter.goesAt(probed).at - probed
    }
    assert.deepStrictEqual([1, 2, 3].map(intervalAfter), [15_000, 15_000, 18_750])
  })

  it("becomes faster step by step as long as nothing is refused", () => {
    const limiter = measured()
    const times = limiter.run(120_500, "a".repeat(9))
    const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0))
    assert.deepStrictEqual(gaps.map(Math.round), [15_000, 15_000, 10_000, 10_000, 6667, 6667, 4444, 4445])
  })

  it("that is refused is slower by a quarter at most", () => {
    const limiter = measured()
    assert.deepStrictEqual(limiter.run(120_500, "ra"), [135_500, 150_500])
    assert.strictEqual(limiter.goesAt(150_500).at, 169_250)
  })

  it("that is refused again is doubted: a probe comes soon, and when it is accepted the rate becomes faster", () => {
    const limiter = measured()
    limiter.run(120_500, "ra")
    assert.deepStrictEqual(limiter.run(150_500, "ra"), [169_250, 170_422])
    assert.strictEqual(limiter.goesAt(170_422).at, 182_922)
  })

  it("with Retry-After is suspect only after a short pause", () => {
    const limiter = measured()
    // at the rate, told 5 seconds: 20 seconds for one
    assert.deepStrictEqual(limiter.run(120_500, "r", 5000), [135_500])
    assert.deepStrictEqual(limiter.run(135_500, "a"), [140_500])
    assert.deepStrictEqual(limiter.run(140_500, "r", 5000), [159_250])
    assert.deepStrictEqual(limiter.run(159_250, "a"), [164_250])
    assert.strictEqual(limiter.goesAt(164_250).at, 164_250 + 12_500)
    const other = measured()
    assert.deepStrictEqual(other.run(120_500, "r", 8000), [135_500])
    assert.deepStrictEqual(other.run(135_500, "a"), [143_500])
    assert.deepStrictEqual(other.run(143_500, "r", 8000), [162_250])
    assert.deepStrictEqual(other.run(162_250, "a"), [170_250])
    assert.strictEqual(other.goesAt(170_250).at, 170_250 + 23_437.5 + 0.5)
  })

  it("is not measured by time in which nothing was wanted", () => {
    const limiter = start()
    limiter.run(0, "aaarrrrra")
    limiter.run(60_500, "a")
    limiter.run(60_500 + 60 * minute, "aara")
    assert.strictEqual(limiter.goesAt(120_500 + 60 * minute).at, 135_500 + 60 * minute)
  })

  it("is never slower than one in two minutes", () => {
    const limiter = start()
    limiter.run(0, "ra")
    const times = limiter.run(1000, `${"r".repeat(6)}a`, 200_000)
    const last = times.at(-1) ?? 0
    assert.strictEqual(limiter.goesAt(last).at, last + 120_000)
  })

  it("is not measured if as many were accepted as refused during the pause", () => {
    const again = (replies: "as many" | "fewer") => {
      const limiter = together(3)
      limiter.limit(1, 0)
      limiter.accept(2, 0)
      limiter.accept(3, 0)
      limiter.run(0, "aa")
      for (const id of [11, 12]) assert.deepStrictEqual(limiter.enter(id, 0).permitted, [id])
      limiter.limit(11, 0)
      if (replies === "as many") limiter.accept(12, 0)
      else limiter.limit(12, 0)
      const [at = 0] = limiter.run(0, "a")
      return limiter.goesAt(at).at - at
    }
    assert.strictEqual(again("as many"), 0)
    assert.strictEqual(again("fewer"), 500)
  })
})

describe("the requests that are sent at once after a refusal", () => {
  /** Ten are under way, so many of them are accepted and the others refused; the probe is accepted after `refusedProbes`. */
  const after = (accepted: number, refusedProbes = 0, before = 30) => {
    const limiter = start()
    limiter.run(0, "a".repeat(before))
    for (let id = 1; id <= 10; id++) assert.deepStrictEqual(limiter.enter(id, 0).permitted, [id])
    limiter.limit(1, 0)
    for (let id = 2; id <= 10; id++) {
      if (id < 2 + accepted) limiter.accept(id, 0)
      else limiter.limit(id, 0)
    }
    const now = limiter.run(0, `${"r".repeat(refusedProbes)}a`).at(-1) ?? 0
    return { limiter, now }
  }
  const countOf = ({ now, limiter }: ReturnType<typeof after>): number => {
    let count = 0
    for (let id = 100; id < 150; id++) count += limiter.enter(id, now).permitted.length
    return count
  }

  it("are as many as were accepted during the pause", () => {
    assert.strictEqual(countOf(after(4)), 4)
    assert.strictEqual(countOf(after(7)), 7)
  })

  it("are a quarter of the refused ones if none was accepted", () => {
    assert.strictEqual(countOf(after(0)), 2)
    assert.strictEqual(countOf(after(1)), 2)
  })

  it("are one for each 32 accepted before if a probe was refused, which was alone", () => {
    assert.strictEqual(countOf(after(4, 1)), 1)
    assert.strictEqual(countOf(after(4, 1, 60)), 2)
    assert.strictEqual(countOf(after(2, 1, 600)), 2)
  })
})

describe("rate limit headers", () => {
  it("that nothing remains: no request is sent before the reset, and then one alone", () => {
    const limiter = together(1)
    const actions = limiter.accept(1, 100, { limit: 10, remaining: 0, reset: 30_000 })
    assert.strictEqual(actions.pausedUntil, 30_100)
    limiter.enter(2, 200)
    assert.strictEqual(limiter.enter(3, 200).wakeAt, 30_100)
    assert.deepStrictEqual(limiter.tick(30_099).permitted, [])
    assert.deepStrictEqual(limiter.tick(30_100).permitted, [2])
    assert.deepStrictEqual(limiter.accept(2, 30_200, { limit: 10, remaining: 9, reset: 59_900 }).permitted, [3])
  })

  it("are trusted for two minutes", () => {
    assert.strictEqual(together(1).accept(1, 100, { remaining: 0, reset: 3_600_000 }).pausedUntil, 120_100)
  })

  it("extend a pause, and never shorten it", () => {
    const limiter = together(3)
    limiter.limit(1, 0, 10_000)
    assert.strictEqual(limiter.accept(2, 100, { remaining: 0, reset: 20_000 }).pausedUntil, 20_100)
    assert.strictEqual(limiter.accept(3, 200, { remaining: 0, reset: 5000 }).pausedUntil, 20_100)
  })

  it.each([
    { remaining: 0 },
    { reset: 1000 },
    { remaining: 0, reset: 0 },
    { remaining: 0, reset: -5 },
    { remaining: 0, reset: Number.NaN },
    { remaining: Number.NaN, reset: 1000 },
    { remaining: 5, reset: 1000 }
  ])("%o start no pause", (headers) => {
    assert.isUndefined(together(1).accept(1, 100, headers).pausedUntil)
  })

  it("a 429 whose headers say that nothing remains is waited for as they say", () => {
    const limiter = together(1)
    assert.strictEqual(limiter.leave(1, 0, { status: "limited", remaining: 0, reset: 7000 }).pausedUntil, 7000)
  })

  it("no more are under way than remain, until the reset", () => {
    const limiter = together(4)
    limiter.accept(1, 100, { remaining: 4, reset: 1000 })
    assert.deepStrictEqual(limiter.enter(5, 100).permitted, [5])
    assert.deepStrictEqual(limiter.enter(6, 100).permitted, [])
    assert.deepStrictEqual(limiter.accept(2, 200, { remaining: 6, reset: 1000 }).permitted, [6])
    assert.deepStrictEqual(limiter.enter(7, 200).permitted, [])
    assert.deepStrictEqual(limiter.tick(1100).permitted, [7])
    assert.deepStrictEqual(limiter.enter(8, 1100).permitted, [8])
  })

  it("a quota in headers is measured, and kept without a refusal", () => {
    const limiter = start()
    const headers = (remaining: number) => ({ remaining, reset: 60_000 })
    for (const now of [0, 60_000]) {
      for (const remaining of [2, 1, 0]) {
        const { at, id } = limiter.goesAt(now)
        assert.strictEqual(at, now)
        limiter.accept(id, at, headers(remaining))
      }
    }
    const { at, id } = limiter.goesAt(60_000)
    assert.strictEqual(at, 120_000)
    limiter.accept(id, at, headers(2))
    assert.strictEqual(limiter.goesAt(120_000).at, 140_000)
  })
})

describe("estimate", () => {
  it("assumes a burst of ten and ten a minute before anything is known", () => {
    const limiter = start()
    assert.strictEqual(limiter.estimate(0, 0), 0)
    assert.strictEqual(limiter.estimate(-1, 0), 0)
    assert.strictEqual(limiter.estimate(10, 0), 0)
    assert.strictEqual(limiter.estimate(70, 0), 360_000)
    limiter.run(0, "aaaa")
    assert.strictEqual(limiter.estimate(6, 0), 0)
    assert.strictEqual(limiter.estimate(7, 0), 6000)
    limiter.run(0, "a".repeat(100))
    assert.strictEqual(limiter.estimate(50, 0), 300_000)
  })

  it("is the rate since the first pause, from the next permit on", () => {
    const limiter = start()
    limiter.run(0, "aaarrrrra")
    limiter.run(60_500, "aaara", 60_000)
    assert.strictEqual(limiter.estimate(1, 120_500), 15_000)
    assert.strictEqual(limiter.estimate(5, 120_500), 75_000)
    assert.strictEqual(limiter.estimate(5, 130_500), 65_000)
    assert.strictEqual(limiter.estimate(1, 500_000), 0)
    limiter.run(120_500, "r", 40_000)
    assert.strictEqual(limiter.estimate(2, 140_500), 35_000 + 18_750)
  })

  it("is the assumed rate until 24 requests are accepted after a pause without a delay of the server", () => {
    const limiter = start()
    limiter.run(0, "aaarrrrra")
    limiter.run(60_500, "aaara")
    assert.strictEqual(limiter.estimate(1, 120_500), 6000)
    limiter.run(120_500, "a".repeat(20))
    assert.notStrictEqual(limiter.estimate(2, 120_500) - limiter.estimate(1, 120_500), 6000)
  })
})
