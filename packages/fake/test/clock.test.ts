import { clock, makeFetch } from "@checkpoint-permissions/fake"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { authorized, granting, permissionsUrl } from "./support.ts"

describe("clock.shifted", () => {
  it("each timer fires once, at its time and in order, however the time is moved", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 10 }),
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 60 })), { maxLength: 8 }),
        async (delays, moves) => {
          const base = clock.manual()
          const time = clock.shifted(base)
          const fired: Array<readonly [due: number, at: number]> = []
          for (const delay of delays) time.setTimer(() => fired.push([delay, time.now()]), delay)
          for (const [isShift, millis] of moves) {
            if (isShift) time.shift(millis)
            else await base.advance(millis)
          }
          const passed = moves.reduce((sum, [, millis]) => sum + millis, 0)
          assert.strictEqual(time.now(), passed)
          const due = delays.filter((delay) => delay <= passed).sort((a, b) => a - b)
          // one that is due now needs a turn of the clock below
          await base.advance(0)
          assert.deepStrictEqual(
            fired,
            due.map((delay) => [delay, delay])
          )
        }
      )
    ))

  it("a timer that was cancelled does not fire, one that is set by another does", async () => {
    const base = clock.manual(1000)
    const time = clock.shifted(base)
    const fired: Array<number> = []
    const cancel = time.setTimer(() => fired.push(0), 10)
    time.setTimer(() => time.setTimer(() => fired.push(time.now()), 20), 10)
    for (const n of [1, 2]) time.setTimer(() => fired.push(n), 10)
    cancel()
    time.shift(50)
    await base.advance(100)
    assert.deepStrictEqual(fired, [1, 2, 1030])
    assert.strictEqual(time.now(), 1150)
  })

  it("in step again, what waits is due later", async () => {
    const base = clock.manual(1000)
    const time = clock.shifted(base)
    time.shift(500)
    const fired: Array<number> = []
    time.setTimer(() => fired.push(time.now()), 10)
    time.unshift()
    assert.strictEqual(time.now(), 1000)
    await base.advance(600)
    assert.deepStrictEqual(fired, [1510])
  })

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("is not moved by %s", (millis) => {
    assert.throws(() => clock.shifted(clock.manual()).shift(millis), RangeError)
  })
})

describe("reset", () => {
  it("work that was to be done after the reply is dropped too", async () => {
    const fetch = makeFetch({ clock: "manual" })
    fetch.inject({ _tag: "LateWork", millis: 1000, meanwhile: "gateway-timeout" })
    assert.strictEqual((await fetch(permissionsUrl, granting("proj_a"))).status, 504)
    fetch.reset()
    await fetch.advance(5000)
    assert.deepStrictEqual(fetch.allPermissions(), {})
    assert.strictEqual((await fetch(permissionsUrl, { headers: authorized })).status, 200)
  })
})
