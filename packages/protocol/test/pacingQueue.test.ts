import { assert, describe, it } from "vitest"
import * as pacing from "../src/pacing.ts"
import { drive, minute } from "./support/limiter.ts"

/** One a second. */
const steady = () => drive(pacing.fixed({ requests: 1, per: 1000 }))

/** Held until `until`, nothing under way. */
const held = (until: number) => {
  const limiter = drive(pacing.adaptive())
  limiter.run(0, "r", until)
  return limiter
}

describe("the queue", () => {
  it("an unknown call that leaves, and one that leaves twice, change nothing", () => {
    const limiter = steady()
    assert.deepStrictEqual(limiter.limit(99, 0, 60_000).pausedUntil, undefined)
    limiter.enter(1, 0)
    limiter.accept(1, 0)
    assert.isUndefined(limiter.limit(1, 0, 60_000).pausedUntil)
    assert.deepStrictEqual(limiter.enter(2, 1000).permitted, [2])
  })

  it("an urgent call is sent before the others, and counts", () => {
    const limiter = steady()
    limiter.run(0, "a")
    limiter.enter(1, 0)
    assert.deepStrictEqual(limiter.step({ _tag: "enter", id: 2, now: 500, maxPause: 0, urgent: true }).permitted, [2])
    limiter.accept(2, 500)
    assert.deepStrictEqual(limiter.tick(1000).permitted, [])
    assert.deepStrictEqual(limiter.tick(1500).permitted, [1])
    assert.deepStrictEqual(limiter.step({ _tag: "enter", id: 3, now: 1500, maxPause: 0, urgent: false }).permitted, [])
  })

  it("an urgent call during a pause does not end it", () => {
    const limiter = held(30_000)
    assert.deepStrictEqual(limiter.step({ _tag: "enter", id: 1, now: 100, maxPause: 0, urgent: true }).permitted, [1])
    assert.strictEqual(limiter.accept(1, 200).pausedUntil, 30_000)
    limiter.step({ _tag: "enter", id: 2, now: 300, maxPause: 0, urgent: true })
    assert.strictEqual(limiter.limit(2, 400, 40_000).pausedUntil, 40_400)
  })
})

describe("requests that never report", () => {
  it("count as ended after a minute", () => {
    const limiter = drive(pacing.adaptive())
    for (let id = 1; id <= 8; id++) limiter.enter(id, id)
    limiter.enter(9, 10)
    assert.deepStrictEqual(limiter.tick(60_000).permitted, [])
    assert.deepStrictEqual(limiter.tick(60_001).permitted, [9])
  })

  it("that report later still pass on their outcome, once", () => {
    const limiter = drive(pacing.adaptive())
    limiter.enter(1, 0)
    limiter.tick(70_000)
    assert.strictEqual(limiter.limit(1, 80_000, 5000).pausedUntil, 85_000)
    assert.strictEqual(limiter.limit(1, 81_000, 50_000).pausedUntil, 85_000)
    assert.strictEqual(limiter.goesAt(81_000).at, 85_000)
  })
})

describe("the longest wait", () => {
  it("rejects a call that would pause for longer when it enters", () => {
    const limiter = held(30_000)
    assert.deepStrictEqual(limiter.enter(1, 10_000, 20_000).rejected, [])
    const actions = limiter.enter(2, 10_000, 19_999)
    assert.deepStrictEqual(actions.rejected, [2])
    assert.deepStrictEqual(actions.permitted, [])
    assert.strictEqual(actions.next, 1)
    assert.strictEqual(actions.pausedUntil, 30_000)
    assert.isUndefined(actions.waitEvent)
  })

  it("rejects all such calls when a pause begins, in order, and no other", () => {
    const limiter = drive(pacing.adaptive())
    for (let id = 1; id <= 8; id++) limiter.enter(id, 0)
    limiter.enter(11, 0, 5000)
    limiter.enter(12, 0)
    limiter.enter(13, 0, 4000)
    limiter.enter(14, 0, 20_000)
    assert.deepStrictEqual(limiter.limit(1, 1000, 10_000).rejected, [11, 13])
    // and when it becomes longer
    assert.deepStrictEqual(limiter.limit(2, 2000, 18_999).rejected, [])
    assert.deepStrictEqual(limiter.limit(3, 2000, 19_001).rejected, [14])
    for (let id = 4; id <= 8; id++) limiter.leave(id, 2000)
    assert.deepStrictEqual(limiter.tick(21_001).permitted, [12])
  })

  it("of zero is rejected at any pause, and waits for a steady rate", () => {
    const limiter = held(1000)
    assert.deepStrictEqual(limiter.enter(1, 0, 0).rejected, [1])
    assert.deepStrictEqual(limiter.enter(2, 1000, 0).permitted, [2])
    // the probe is under way
    assert.deepStrictEqual(limiter.enter(3, 1000, 0).rejected, [3])
    const turns = steady()
    turns.run(0, "a")
    assert.deepStrictEqual(turns.enter(1, 0, 0).rejected, [])
    assert.deepStrictEqual(turns.tick(1000).permitted, [1])
  })

  it("is not used up by a steady rate", () => {
    const limiter = drive(pacing.fixed({ requests: 1, per: 60_000 }))
    limiter.run(0, "a")
    limiter.enter(1, 0, 5000)
    assert.deepStrictEqual(limiter.tick(59_000).rejected, [])
    assert.deepStrictEqual(limiter.tick(60_000).permitted, [1])
  })

  it("is used up by consecutive pauses", () => {
    const limiter = drive(pacing.fixed({ requests: 100, per: minute }))
    for (const id of [1, 2, 3]) limiter.enter(id, 0)
    assert.deepStrictEqual(limiter.limit(1, 0, 6000).rejected, [])
    assert.deepStrictEqual(limiter.enter(11, 0, 10_000).rejected, [])
    assert.deepStrictEqual(limiter.limit(2, 6000, 3000).rejected, [])
    assert.deepStrictEqual(limiter.tick(6000).rejected, [])
    assert.deepStrictEqual(limiter.limit(3, 6000, 4001).rejected, [11])
  })
})

describe("the pause clock", () => {
  it("runs during a pause, until the probe is accepted", () => {
    const limiter = drive(pacing.adaptive())
    limiter.enter(1, 1000)
    assert.strictEqual(limiter.pausedTime(5000), 0)
    limiter.limit(1, 5000)
    assert.strictEqual(limiter.pausedTime(5500), 500)
    assert.strictEqual(limiter.pausedTime(6500), 1500)
    const { at, id } = limiter.goesAt(7000)
    assert.strictEqual(at, 7000)
    limiter.accept(id, 8000)
    assert.strictEqual(limiter.pausedTime(9000), 3000)
    limiter.run(9000, "r")
    assert.strictEqual(limiter.pausedTime(9250), 3250)
  })

  it("of a fixed rate runs until the end of the pause, with or without events", () => {
    const limiter = drive(pacing.fixed({ requests: 1, per: 1000 }))
    limiter.run(0, "r", 5000)
    assert.strictEqual(limiter.pausedTime(3000), 3000)
    assert.strictEqual(limiter.pausedTime(8000), 5000)
    limiter.run(10_000, "a")
    assert.strictEqual(limiter.pausedTime(10_000), 5000)
  })
})

describe("wait events", () => {
  it("a pause of more than ten seconds, when it begins, is extended, or a call enters", () => {
    const limiter = drive(pacing.adaptive())
    for (const id of [1, 2, 3, 4]) limiter.enter(id, 0)
    for (const id of [5, 6, 7, 8]) limiter.enter(id, 0)
    limiter.enter(11, 0)
    assert.deepStrictEqual(limiter.limit(1, 100, 10_001).waitEvent, { reason: "pause", until: 10_101, waiting: 1 })
    assert.isUndefined(limiter.limit(2, 100, 10_001).waitEvent)
    assert.deepStrictEqual(limiter.limit(3, 100, 20_000).waitEvent, { reason: "pause", until: 20_100, waiting: 1 })
    assert.deepStrictEqual(limiter.enter(12, 200).waitEvent, { reason: "pause", until: 20_100, waiting: 2 })
    assert.isUndefined(limiter.tick(300).waitEvent)
    assert.isUndefined(limiter.leave(4, 300).waitEvent)
    assert.isUndefined(limiter.enter(13, 10_100).waitEvent)
  })

  it("a wait for a steady rate, until the last waiting call has its permit", () => {
    const limiter = steady()
    assert.isUndefined(limiter.enter(1, 0).waitEvent)
    assert.isUndefined(limiter.enter(2, 0).waitEvent, "not known yet")
    assert.deepStrictEqual(limiter.accept(1, 0).waitEvent, { reason: "rate", until: 1000, waiting: 1 })
    assert.deepStrictEqual(limiter.enter(3, 0).waitEvent, { reason: "rate", until: 2000, waiting: 2 })
    assert.isUndefined(limiter.tick(500).waitEvent)
    assert.isUndefined(limiter.tick(1000).waitEvent)
  })
})

describe("a clock that steps back", () => {
  it("continues from where it was", () => {
    const limiter = held(30_000)
    limiter.enter(1, 10_000)
    const actions = limiter.tick(5000)
    assert.strictEqual(actions.wakeAt, 25_000)
    assert.strictEqual(actions.pausedUntil, 25_000)
    assert.strictEqual(limiter.pausedTime(6000), 11_000)
    assert.deepStrictEqual(limiter.enter(2, 6000).waitEvent, { reason: "pause", until: 25_000, waiting: 2 })
    assert.deepStrictEqual(limiter.tick(24_999).permitted, [])
    assert.deepStrictEqual(limiter.tick(25_000).permitted, [1])
  })
})

describe("the work of a step", () => {
  it.each([
    ["adaptive", pacing.adaptive],
    ["fixed", () => pacing.fixed({ requests: 1, per: 60_000 })],
    ["with a burst", () => pacing.fixed({ requests: 1, per: 60_000, burst: 1 })]
  ])("%s: no step looks more than a few times at each of ten thousand that wait", (_, make) => {
    const waiting = 10_000
    let looks = 0
    let state = make()
    const step = (event: pacing.Event): void => {
      const counted = new Proxy(state.waiting, {
        get: (calls, key) => {
          looks += 1
          return Reflect.get(calls, key)
        }
      })
      state = pacing.step({ ...state, waiting: counted }, event)[0]
    }
    const enter = (id: number) => step({ _tag: "enter", id, now: 0, maxPause: 1e9 })
    for (let id = 1; id <= 10; id++) enter(id)
    step({ _tag: "leave", id: 1, now: 0, outcome: { status: "limited" } })
    const waits = Array.from({ length: waiting }, (_, at) => ({
      id: 100 + at,
      deadline: 1e9,
      endsAt: Number.POSITIVE_INFINITY
    }))
    state = { ...state, waiting: [...state.waiting, ...waits] }
    looks = 0
    enter(1_000_000)
    step({ _tag: "tick", now: 0 })
    step({ _tag: "leave", id: 1_000_000, now: 0 })
    assert.isAtLeast(looks, waiting)
    assert.isBelow(looks, 12 * waiting)
  })
})
