import { assert, describe, it } from "@effect/vitest"
import { simulate } from "./pipeline/simulate.ts"

describe("random histories of a pipeline", () => {
  it("make no unseen step, revert no change by hand unseen, and apply each planned merge", async () => {
    const { left, steps, violations } = await simulate(300, 1, 15)
    assert.deepStrictEqual(violations, [])
    assert.isAbove(steps, 300)
    assert.isAbove(left, 300)
  }, 120_000)
})
