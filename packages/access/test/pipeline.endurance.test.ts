import { assert, describe, it } from "@effect/vitest"
import { isEndurance } from "../../../tools/endurance.ts"
import { simulate } from "./pipeline/simulate.ts"

/** From this seed on, 60 histories fail without F10, and without F11. */
const firstSeed = 500

const [histories, rare] = isEndurance ? [300, 10] : [60, 0]

describe("random histories of a pipeline", () => {
  it("make no unseen step, revert no change by hand unseen, and apply each planned merge", async () => {
    const { kinds, violations } = await simulate(histories, firstSeed, 15)
    assert.deepStrictEqual(violations, [])
    assert.isAbove(kinds["steps"] ?? 0, histories)
    assert.isAbove(kinds["left out"] ?? 0, histories)
    assert.isAbove(kinds["revoked since the plan"] ?? 0, rare)
    assert.isAbove(kinds["ends not reviewed"] ?? 0, rare)
  })
})
