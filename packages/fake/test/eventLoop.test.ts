import { clock, InvalidSetting } from "@checkpoint-permissions/fake"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"

const later = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

/** When a timer of such a length calls back. */
const after = (time: clock.VirtualClock, millis: number) =>
  new Promise<number>((resolve) => time.setTimer(() => resolve(time.now()), millis))

describe("the time of an event loop", () => {
  it("each timer calls back at its time, of one time in the order they were set, unless it was cancelled", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ millis: fc.integer({ min: -5, max: 1000 }), isCancelled: fc.boolean() }), {
          maxLength: 100
        }),
        async (timers) => {
          const time = clock.eventLoop({ startAt: 1000 }).clock
          const called: Array<readonly [at: number, timer: number]> = []
          const cancels = timers.map(({ millis }, i) => time.setTimer(() => called.push([time.now(), i]), millis))
          timers.forEach(({ isCancelled }, i) => {
            if (isCancelled) cancels[i]?.()
          })
          assert.strictEqual(await after(time, 3_600_000), 3_601_000)
          const expected = timers.flatMap(({ isCancelled, millis }, i) =>
            isCancelled ? [] : [[1000 + Math.max(0, millis), i] as const]
          )
          assert.deepStrictEqual(
            called,
            expected.sort(([a], [b]) => a - b)
          )
        }
      )
    ))

  it("waits for promises that can be resolved, and for the tasks that are queued", async () => {
    const loop = clock.eventLoop()
    let tasks = 0
    const again = () => {
      tasks += 1
      assert.strictEqual(loop.clock.now(), 0)
      if (tasks < 10_000) loop.schedule(again, 0)
    }
    loop.schedule(again, 0)
    let resolvedAt = 0
    const resolved = (async () => {
      for (let i = 0; i < 1000; i++) await Promise.resolve()
      resolvedAt = loop.clock.now()
      return resolvedAt
    })()
    assert.strictEqual(await after(loop.clock, 10), 10)
    assert.strictEqual(tasks, 10_000)
    assert.strictEqual(await resolved, 0)
  })

  it("stands still while it is paused, however often, and after it is closed", async () => {
    const time = clock.eventLoop().clock
    const [first, second] = [time.pause(), time.pause()]
    const seen = after(time, 10)
    first()
    first()
    await later()
    assert.strictEqual(time.now(), 0)
    second()
    assert.strictEqual(await seen, 10)
    time.setTimer(() => assert.fail("it is closed"), 10)
    time.close()
    time.setTimer(() => assert.fail("it is closed"), 10)
    await later()
    assert.strictEqual(time.now(), 10)
  })
})

/** The order in which tasks ran that owners had queued, each so many at once. */
const orderOf = (options: clock.EventLoopOptions, tasks: ReadonlyArray<readonly [name: string, priority?: number]>) => {
  const loop = clock.eventLoop(options)
  const owners: Record<string, object> = {}
  let order = ""
  for (const [name, priority = 0] of tasks) {
    const owner = name.slice(0, 1)
    owners[owner] ??= {}
    loop.schedule(() => (order += name), priority, owners[owner])
  }
  loop.flush()
  return order
}

const seeds = Array.from({ length: 300 }, (_, seed) => seed)

const ordersOf = (tasks: ReadonlyArray<readonly [name: string, priority?: number]>) =>
  [...new Set(seeds.map((seed) => orderOf({ seed }, tasks)))].sort()

describe("the tasks of an event loop", () => {
  it("run in the order they were queued, the most urgent first", () => {
    assert.strictEqual(orderOf({}, [["b"], ["d", 1], ["a", -1], ["c"]]), "abcd")
  })

  it("with a seed: any owner may be next, the same for the same seed; what is more urgent comes first", () => {
    const tasks = [["a"], ["b"], ["c"]] as const
    assert.deepStrictEqual(ordersOf(tasks), ["abc", "acb", "bac", "bca", "cab", "cba"])
    for (const seed of seeds) assert.strictEqual(orderOf({ seed }, tasks), orderOf({ seed }, tasks))
    assert.deepStrictEqual(ordersOf([["b", 1], ["c", 2], ["a"]]), ["abc"])
  })

  it("with a seed: those of one owner keep their order", () => {
    assert.deepStrictEqual(ordersOf([["a1"], ["a2"], ["b1"], ["b2"]]), [
      "a1a2b1b2",
      "a1b1a2b2",
      "a1b1b2a2",
      "b1a1a2b2",
      "b1a1b2a2",
      "b1b2a1a2"
    ])
  })

  it("with a seed: a new task runs to its first wait before the task that made it continues, and delays it no longer", () => {
    const orders = seeds.map((seed) => {
      const loop = clock.eventLoop({ seed })
      const [maker, made, other] = [{}, {}, {}]
      const order: Array<string> = []
      /** Queues another task each time, so many times. */
      const busy = (name: string, owner: object, times: number): void => {
        if (times > 0) loop.schedule(() => busy(name, owner, times - 1), 0, owner)
        else order.push(name)
      }
      loop.schedule(
        () => {
          busy("made", made, seed % 2 === 0 ? 5 : 100)
          busy("maker", maker, 1)
        },
        0,
        maker
      )
      busy("other", other, 1)
      loop.flush()
      return order.join(" ")
    })
    const even = new Set(orders.filter((_, seed) => seed % 2 === 0))
    assert.deepStrictEqual([...even].sort(), ["made maker other", "made other maker", "other made maker"])
    assert.isTrue(orders.some((order, seed) => seed % 2 === 1 && order.indexOf("maker") < order.indexOf("made")))
  })
})

describe("a fiber of an event loop", () => {
  const yieldsOf = (options: clock.EventLoopOptions, mayYield?: () => boolean) => {
    const loop = clock.eventLoop(options)
    return Array.from({ length: 20_000 }, () => loop.yields(mayYield))
  }

  it("yields as often as was said, the same for the same seed", () => {
    const yields = yieldsOf({ seed: 1, yieldChance: 0.05 })
    assert.closeTo(yields.filter((one) => one).length, 1000, 100)
    assert.deepStrictEqual(yieldsOf({ seed: 1, yieldChance: 0.05 }), yields)
    assert.notDeepEqual(yieldsOf({ seed: 2, yieldChance: 0.05 }), yields)
    assert.isFalse(yieldsOf({ seed: 1 }).includes(true))
    assert.isFalse(yieldsOf({}).includes(true))
  })

  it("yields only when it may, and is asked in the operation before as well", () => {
    const asked: Array<number> = []
    let operation = 0
    const loop = clock.eventLoop({ seed: 3, yieldChance: 0.05 })
    const mayYield = () => {
      asked.push(operation)
      return operation % 2 === 0
    }
    for (; operation < 5000; operation++) {
      if (!loop.yields(mayYield)) continue
      assert.strictEqual(operation % 2, 0)
      assert.include(asked, operation - 1)
    }
    assert.isBelow(asked.length, 1500)
  })

  it.each([
    [{ seed: 0.5 }, "seed"],
    [{ seed: Number.NaN }, "seed"],
    [{ seed: 1, yieldChance: 0.051 }, "yieldChance"],
    [{ seed: 1, yieldChance: -0.01 }, "yieldChance"],
    [{ seed: 1, yieldChance: Number.NaN }, "yieldChance"],
    [{ yieldChance: 0.01 }, "yieldChance"]
  ])("has no options such as %j", (options, field) => {
    try {
      clock.eventLoop(options)
      assert.fail("it was taken")
    } catch (error) {
      assert.instanceOf(error, InvalidSetting)
      assert.strictEqual(error.field, field)
    }
  })
})
