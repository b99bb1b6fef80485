import { clock, makeFetch } from "@checkpoint-permissions/fake"
import { assert, describe, it } from "vitest"
import { authorized, granting, permissionsUrl } from "./support.ts"

describe("clock.shifted", () => {
  it("a timer that was cancelled does not fire, one that is set by another does", async () => {
    const base = clock.manual(1000)
    const time = clock.shifted(base)
    const fired: Array<number> = []
    const cancel = time.setTimer(() => fired.push(0), 10)
    time.setTimer(() => time.setTimer(() => fired.push(time.now()), 20), 10)
    for (const n of [1, 2]) time.setTimer(() => fired.push(n), 10)
    time.setTimer(() => fired.push(time.now()), 80)
    cancel()
    time.shift(50)
    await base.advance(100)
    assert.deepStrictEqual(fired, [1, 2, 1030, 1080])
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
