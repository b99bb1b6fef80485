import { assert, describe, it } from "@effect/vitest"
import { simulate } from "./pipeline/simulate.ts"

describe("random histories of a pipeline", () => {
  it("make no unseen step, revert no change by hand unseen, and apply each planned merge", async () => {
    const { kinds, violations } = await simulate(300, 1, 15)
    assert.deepStrictEqual(violations, [])
    assert.isAbove(kinds["steps"] ?? 0, 300)
    assert.isAbove(kinds["left out"] ?? 0, 300)
    assert.isAbove(kinds["revoked since the plan"] ?? 0, 10)
    assert.isAbove(kinds["ends not reviewed"] ?? 0, 10)
  }, 120_000)
})
