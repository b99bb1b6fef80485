import { afterAll, assert, describe, it } from "@effect/vitest"
import { amount } from "../../../tools/endurance.ts"
import { simulate } from "./pipeline/simulate.ts"

/** How many histories a test has. */
const size = 20

/** From this seed on, 60 histories fail without F10, and without F11. */
const firstSeed = 500

const seeds = Array.from({ length: amount(1, 4, 15) }, (_, n) => firstSeed + size * n)

describe("random histories of a pipeline", () => {
  const rare = { "revoked since the plan": 0, "ends not reviewed": 0 }

  it.each(seeds)(
    "from seed %i: make no unseen step, revert no change by hand unseen, and apply each planned merge",
    async (seed) => {
      const { kinds, violations } = await simulate(size, seed, 15)
      assert.deepStrictEqual(violations, [])
      assert.isAbove(kinds["steps"] ?? 0, size)
      assert.isAbove(kinds["left out"] ?? 0, size)
      rare["revoked since the plan"] += kinds["revoked since the plan"] ?? 0
      rare["ends not reviewed"] += kinds["ends not reviewed"] ?? 0
    }
  )

  afterAll(() => {
    for (const [kind, count] of Object.entries(rare)) assert.isAbove(count, amount(0, 1, 10), kind)
  })
})
