import { assert, describe, it } from "vitest"
import * as pacing from "../src/pacing.ts"

/** A queue at one request a second, and how often each call was signalled. */
const setup = (initial = pacing.fixed({ requests: 1, per: 1000 })) => {
  const queue = pacing.queue(initial)
  const enter = (now: number, maxPause = Number.POSITIVE_INFINITY, maxWait = Number.POSITIVE_INFINITY) => {
    let signals = 0
    const signal = () => {
      signals += 1
    }
    return Object.assign(queue.enter({ now, maxPause, maxWait, urgent: false, signal }), { signals: () => signals })
  }
  return { queue, enter }
}

describe("a call in the queue", () => {
  it("waits for its time; the first in the queue sets the timer for all", () => {
    const { enter, queue } = setup()
    const first = enter(0)
    first.leave(0, { status: "accepted" })
    const second = enter(10)
    const third = enter(20)
    assert.deepInclude(second.next(20), { waitEvent: { reason: "rate", until: 1000, waiting: 1 } })
    assert.deepStrictEqual(second.next(20), { timer: 980 })
    assert.property(third.next(20), "waitEvent")
    assert.deepStrictEqual(third.next(20), { timer: undefined })
    queue.tick(1000)
    assert.deepStrictEqual(second.next(1000), { at: 1000, waited: 990, paused: 0 })
    second.leave(1000, { status: "accepted" })
    queue.tick(2000)
    assert.deepStrictEqual(third.next(2000), { at: 2000, waited: 1980, paused: 0 })
  })

  it("that leaves while it waits passes the timer to the next, and costs no permit", () => {
    const { enter, queue } = setup()
    enter(0).leave(0, { status: "accepted" })
    const [second, third] = [enter(10), enter(20)]
    const before = third.signals()
    second.leave(30, undefined)
    assert.isAbove(third.signals(), before)
    queue.tick(1000)
    assert.property(third.next(1000), "waited")
  })

  it("is rejected if a pause is longer than it may be, and reports the pause otherwise", () => {
    const { enter, queue } = setup(pacing.adaptive())
    const probe = enter(0)
    probe.leave(0, { status: "limited", retryAfter: 60_000 })
    const hasty = enter(0, 1000)
    assert.deepStrictEqual(hasty.next(0), { at: 0, waitUntil: 60_000 })
    const patient = enter(0, 90_000)
    assert.deepStrictEqual(patient.next(0), { waitEvent: { reason: "pause", until: 60_000, waiting: 1 } })
    assert.deepStrictEqual(patient.next(0), { timer: 60_000 })
    queue.tick(60_000)
    assert.deepStrictEqual(patient.next(60_000), { at: 60_000, waited: 60_000, paused: 60_000 })
  })

  it("leaves at once if its rate permits it only after its longest wait, and then costs the next call nothing", () => {
    const { enter, queue } = setup()
    enter(0).leave(0, { status: "accepted" })
    const second = enter(0)
    const never = Number.POSITIVE_INFINITY
    assert.deepStrictEqual(enter(0, never, 1999).result(0), { at: 0, waitUntil: 2000 })
    const third = enter(0, never, 2000)
    assert.isUndefined(third.result(0))
    queue.tick(1000)
    assert.property(second.result(1000), "waited")
    second.leave(1000, { status: "accepted" })
    queue.tick(2000)
    assert.property(third.result(2000), "waited")
  })

  it("leaves when a pause begins that ends after its longest wait", () => {
    const { enter } = setup()
    const sent = enter(0)
    const never = Number.POSITIVE_INFINITY
    const [hasty, patient] = [enter(0, never, 29_999), enter(0, never, 30_000)]
    sent.leave(0, { status: "limited", retryAfter: 30_000 })
    assert.deepStrictEqual(hasty.result(0), { at: 0, waitUntil: 30_000 })
    assert.isAbove(hasty.signals(), 0)
    assert.isUndefined(patient.result(0))
    assert.property(enter(0, never, 29_999).result(0), "waitUntil")
  })

  it("sets no timer for longer than one can be set, and none for a part of a millisecond", () => {
    const { enter } = setup(pacing.fixed({ requests: 1, per: 30 * 86_400_000 }))
    enter(0).leave(0, { status: "accepted" })
    const next = enter(0)
    next.next(0)
    // those of Node.js hold 31 bits
    assert.deepStrictEqual(next.next(0), { timer: 2 ** 30 })
    assert.deepStrictEqual(next.next(30 * 86_400_000 - 1.5), { timer: 2 })
  })
})

describe("a rate", () => {
  it.each([
    [{ requests: 0, per: 1000 }, "requests is 0"],
    [{ requests: Number.NaN, per: 1000 }, "requests is NaN"],
    [{ requests: 1, per: 0 }, "per is not a positive duration"],
    [{ requests: 1, per: Number.NaN }, "per is not a positive duration"],
    [{ requests: 1, per: Number.POSITIVE_INFINITY }, "per is not a positive duration"],
    [{ requests: 1, per: 1000, burst: 0.5 }, "burst is 0.5"]
  ])("%j is refused", (options, reason) => {
    assert.include(pacing.refuseFixed(options), reason)
  })
})
