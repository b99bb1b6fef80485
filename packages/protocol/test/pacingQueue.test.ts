import { assert, describe, it } from "vitest"
import * as pacing from "../src/pacing.ts"
import { drive, minute } from "./support/limiter.ts"

/** One a second. */
const steady = () => drive(pacing.fixed({ requests: 1, per: 1000 }))

/** Held until `until`, nothing under way. */
const held = (until: number) => {
  const pace = drive(pacing.adaptive())
  pace.run(0, "r", until)
  return pace
}

describe("the queue", () => {
  it("an unknown call that leaves, and one that leaves twice, change nothing", () => {
    const pace = steady()
    assert.deepStrictEqual(pace.limit(99, 0, 60_000).pausedUntil, undefined)
    pace.enter(1, 0)
    pace.accept(1, 0)
    assert.isUndefined(pace.limit(1, 0, 60_000).pausedUntil)
    assert.deepStrictEqual(pace.enter(2, 1000).permitted, [2])
  })

  it("an urgent call is sent before the others, and counts", () => {
    const pace = steady()
    pace.run(0, "a")
    pace.enter(1, 0)
    assert.deepStrictEqual(pace.step({ _tag: "enter", id: 2, now: 500, maxPause: 0, urgent: true }).permitted, [2])
    pace.accept(2, 500)
    assert.deepStrictEqual(pace.tick(1000).permitted, [])
    assert.deepStrictEqual(pace.tick(1500).permitted, [1])
    assert.deepStrictEqual(pace.step({ _tag: "enter", id: 3, now: 1500, maxPause: 0, urgent: false }).permitted, [])
  })

  it("an urgent call during a pause does not end it", () => {
    const pace = held(30_000)
    assert.deepStrictEqual(pace.step({ _tag: "enter", id: 1, now: 100, maxPause: 0, urgent: true }).permitted, [1])
    assert.strictEqual(pace.accept(1, 200).pausedUntil, 30_000)
    pace.step({ _tag: "enter", id: 2, now: 300, maxPause: 0, urgent: true })
    assert.strictEqual(pace.limit(2, 400, 40_000).pausedUntil, 40_400)
  })
})

describe("requests that never report", () => {
  it("count as ended after a minute", () => {
    const pace = drive(pacing.adaptive())
    for (let id = 1; id <= 8; id++) pace.enter(id, id)
    pace.enter(9, 10)
    assert.deepStrictEqual(pace.tick(60_000).permitted, [])
    assert.deepStrictEqual(pace.tick(60_001).permitted, [9])
  })

  it("that report later still pass on their outcome, once", () => {
    const pace = drive(pacing.adaptive())
    pace.enter(1, 0)
    pace.tick(70_000)
    assert.strictEqual(pace.limit(1, 80_000, 5000).pausedUntil, 85_000)
    assert.strictEqual(pace.limit(1, 81_000, 50_000).pausedUntil, 85_000)
    assert.strictEqual(pace.goesAt(81_000).at, 85_000)
  })
})

describe("the longest wait", () => {
  it("rejects a call that would pause for longer when it enters", () => {
    const pace = held(30_000)
    assert.deepStrictEqual(pace.enter(1, 10_000, 20_000).rejected, [])
    const actions = pace.enter(2, 10_000, 19_999)
    assert.deepStrictEqual(actions.rejected, [2])
    assert.deepStrictEqual(actions.permitted, [])
    assert.strictEqual(actions.next, 1)
    assert.strictEqual(actions.pausedUntil, 30_000)
    assert.isUndefined(actions.waitEvent)
  })

  it("rejects all such calls when a pause begins, in order, and no other", () => {
    const pace = drive(pacing.adaptive())
    for (let id = 1; id <= 8; id++) pace.enter(id, 0)
    pace.enter(11, 0, 5000)
    pace.enter(12, 0)
    pace.enter(13, 0, 4000)
    pace.enter(14, 0, 20_000)
    assert.deepStrictEqual(pace.limit(1, 1000, 10_000).rejected, [11, 13])
    // and when it becomes longer
    assert.deepStrictEqual(pace.limit(2, 2000, 18_999).rejected, [])
    assert.deepStrictEqual(pace.limit(3, 2000, 19_001).rejected, [14])
    for (let id = 4; id <= 8; id++) pace.leave(id, 2000)
    assert.deepStrictEqual(pace.tick(21_001).permitted, [12])
  })

  it("of zero is rejected at any pause, and waits for a steady rate", () => {
    const pace = held(1000)
    assert.deepStrictEqual(pace.enter(1, 0, 0).rejected, [1])
    assert.deepStrictEqual(pace.enter(2, 1000, 0).permitted, [2])
    // the probe is under way
    assert.deepStrictEqual(pace.enter(3, 1000, 0).rejected, [3])
    const turns = steady()
    turns.run(0, "a")
    assert.deepStrictEqual(turns.enter(1, 0, 0).rejected, [])
    assert.deepStrictEqual(turns.tick(1000).permitted, [1])
  })

  it("is not used up by a steady rate", () => {
    const pace = drive(pacing.fixed({ requests: 1, per: 60_000 }))
    pace.run(0, "a")
    pace.enter(1, 0, 5000)
    assert.deepStrictEqual(pace.tick(59_000).rejected, [])
    assert.deepStrictEqual(pace.tick(60_000).permitted, [1])
  })

  it("is used up by consecutive pauses", () => {
    const pace = drive(pacing.fixed({ requests: 100, per: minute }))
    for (const id of [1, 2, 3]) pace.enter(id, 0)
    assert.deepStrictEqual(pace.limit(1, 0, 6000).rejected, [])
    assert.deepStrictEqual(pace.enter(11, 0, 10_000).rejected, [])
    assert.deepStrictEqual(pace.limit(2, 6000, 3000).rejected, [])
    assert.deepStrictEqual(pace.tick(6000).rejected, [])
    assert.deepStrictEqual(pace.limit(3, 6000, 4001).rejected, [11])
  })
})

describe("the pause clock", () => {
  it("runs during a pause, until the probe is accepted", () => {
    const pace = drive(pacing.adaptive())
    pace.enter(1, 1000)
    assert.strictEqual(pace.heldTime(5000), 0)
    pace.limit(1, 5000)
    assert.strictEqual(pace.heldTime(5500), 500)
    assert.strictEqual(pace.heldTime(6500), 1500)
    const { at, id } = pace.goesAt(7000)
    assert.strictEqual(at, 7000)
    pace.accept(id, 8000)
    assert.strictEqual(pace.heldTime(9000), 3000)
    pace.run(9000, "r")
    assert.strictEqual(pace.heldTime(9250), 3250)
  })

  it("of a fixed rate runs until the end of the pause, with or without events", () => {
    const pace = drive(pacing.fixed({ requests: 1, per: 1000 }))
    pace.run(0, "r", 5000)
    assert.strictEqual(pace.heldTime(3000), 3000)
    assert.strictEqual(pace.heldTime(8000), 5000)
    pace.run(10_000, "a")
    assert.strictEqual(pace.heldTime(10_000), 5000)
  })
})

describe("wait events", () => {
  it("a pause of more than ten seconds, when it begins, is extended, or a call enters", () => {
    const pace = drive(pacing.adaptive())
    for (const id of [1, 2, 3, 4]) pace.enter(id, 0)
    for (const id of [5, 6, 7, 8]) pace.enter(id, 0)
    pace.enter(11, 0)
    assert.deepStrictEqual(pace.limit(1, 100, 10_001).waitEvent, { reason: "pause", until: 10_101, waiting: 1 })
    assert.isUndefined(pace.limit(2, 100, 10_001).waitEvent)
    assert.deepStrictEqual(pace.limit(3, 100, 20_000).waitEvent, { reason: "pause", until: 20_100, waiting: 1 })
    assert.deepStrictEqual(pace.enter(12, 200).waitEvent, { reason: "pause", until: 20_100, waiting: 2 })
    assert.isUndefined(pace.tick(300).waitEvent)
    assert.isUndefined(pace.leave(4, 300).waitEvent)
    assert.isUndefined(pace.enter(13, 10_100).waitEvent)
  })

  it("a wait for a steady rate, until the last waiting call has its permit", () => {
    const pace = steady()
    assert.isUndefined(pace.enter(1, 0).waitEvent)
    assert.isUndefined(pace.enter(2, 0).waitEvent, "not known yet")
    assert.deepStrictEqual(pace.accept(1, 0).waitEvent, { reason: "rate", until: 1000, waiting: 1 })
    assert.deepStrictEqual(pace.enter(3, 0).waitEvent, { reason: "rate", until: 2000, waiting: 2 })
    assert.isUndefined(pace.tick(500).waitEvent)
    assert.isUndefined(pace.tick(1000).waitEvent)
  })
})

describe("a clock that steps back", () => {
  it("continues from where it was", () => {
    const pace = held(30_000)
    pace.enter(1, 10_000)
    const actions = pace.tick(5000)
    assert.strictEqual(actions.wakeAt, 25_000)
    assert.strictEqual(actions.pausedUntil, 25_000)
    assert.strictEqual(pace.heldTime(6000), 11_000)
    assert.deepStrictEqual(pace.enter(2, 6000).waitEvent, { reason: "pause", until: 25_000, waiting: 2 })
    assert.deepStrictEqual(pace.tick(24_999).permitted, [])
    assert.deepStrictEqual(pace.tick(25_000).permitted, [1])
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
