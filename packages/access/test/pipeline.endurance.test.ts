import { assert, describe, it } from "@effect/vitest"
import { isEndurance } from "../../../tools/endurance.ts"
import { simulate } from "./pipeline/simulate.ts"

const [histories, rare] = isEndurance ? [300, 10] : [100, 0]

describe("random histories of a pipeline", () => {
  it("make no unseen step, revert no change by hand unseen, and apply each planned merge", async () => {
    const { kinds, violations } = await simulate(histories, 1, 15)
    assert.deepStrictEqual(violations, [])
    assert.isAbove(kinds["steps"] ?? 0, histories)
    assert.isAbove(kinds["left out"] ?? 0, histories)
    assert.isAbove(kinds["revoked since the plan"] ?? 0, rare)
    assert.isAbove(kinds["ends not reviewed"] ?? 0, rare)
  })
})
