import { assert, describe, it } from "vitest"
import { shuffle, virtual } from "../src/clock.ts"

const idle = { startAt: 1000, isBusy: () => false }
/** When a timer of such a length calls back. */
const after = (clock: ReturnType<typeof virtual>, millis: number) =>
  new Promise<number>((resolve) => clock.setTimer(() => resolve(clock.now()), millis))

describe("a virtual clock", () => {
  it("goes on to each timer in the order of their times, then of their setting", async () => {
    const clock = virtual(idle)
    const order: Array<string> = []
    for (const [name, millis] of [
      ["c", 50],
      ["a", 10],
      ["b", 10],
      ["z", -5]
    ] as const) {
      clock.setTimer(() => order.push(`${name} ${clock.now()}`), millis)
    }
    assert.strictEqual(await after(clock, 3_600_000), 3_601_000)
    assert.deepStrictEqual(order, ["z 1000", "a 1010", "b 1010", "c 1050"])
  })

  it("does not call back what was cancelled, nor anything once it is closed", async () => {
    const clock = virtual(idle)
    const called: Array<string> = []
    const cancel = clock.setTimer(() => called.push("cancelled"), 10)
    cancel()
    cancel()
    await after(clock, 20)
    clock.setTimer(() => called.push("closed"), 10)
    clock.close()
    clock.setTimer(() => called.push("late"), 10)
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    assert.deepStrictEqual(called, [])
    assert.strictEqual(clock.now(), 1020)
  })

  it("waits for promises that can be settled, and while somebody is busy", async () => {
    let isBusy = true
    const clock = virtual({ startAt: 0, isBusy: () => isBusy })
    const seen = after(clock, 10)
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    assert.strictEqual(clock.now(), 0)
    isBusy = false
    assert.strictEqual(await seen, 10)
  })

  it("stands still while it is held, however often", async () => {
    const clock = virtual(idle)
    const [first, second] = [clock.hold(), clock.hold()]
    const seen = after(clock, 10)
    first()
    first()
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    assert.strictEqual(clock.now(), 1000)
    second()
    assert.strictEqual(await seen, 1010)
  })
})

describe("a shuffle", () => {
  it("makes the same choices for the same seed, and others for another", () => {
    const picks = (seed: number) => {
      const choices = shuffle({ seed, yieldChance: 0.05 })
      return Array.from({ length: 200 }, () => [choices?.pick(5), choices?.yields()])
    }
    assert.deepStrictEqual(picks(1), picks(1))
    assert.notDeepEqual(picks(1), picks(2))
    assert.deepStrictEqual([...new Set(picks(1).map(([pick]) => pick))].sort(), [0, 1, 2, 3, 4])
    assert.isTrue(picks(1).some(([, yields]) => yields))
  })

  it("never yields without a chance, and is none without a seed", () => {
    const choices = shuffle({ seed: 1 })
    assert.isFalse(Array.from({ length: 500 }, () => choices?.yields()).includes(true))
    assert.isUndefined(shuffle({}))
  })

  it.each([{ seed: 0.5 }, { seed: 1, yieldChance: 0.06 }, { seed: 1, yieldChance: -1 }, { yieldChance: 0.01 }])(
    "%j is refused",
    (options) => {
      assert.throws(() => shuffle(options), /seed|yieldChance/)
    }
  )
})
