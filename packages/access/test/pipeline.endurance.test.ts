import { afterAll, assert, describe, it } from "@effect/vitest"
import { amount } from "../../../tools/endurance.ts"
import { simulate } from "./pipeline/simulate.ts"

/** How many histories a test has. */
const size = 20

const seeds = Array.from({ length: amount(1, 4, 15) }, (_, n) => 500 + size * n)

describe("random histories of a pipeline", () => {
  let waiting = 0

  it.each(seeds)(
    "from seed %i: undo no younger change by hand, make nothing unasked, and leave nothing asked undone",
    async (seed) => {
      const { kinds, violations } = await simulate(size, seed, 15)
      assert.deepStrictEqual(violations, [])
      assert.isAbove(kinds["steps"] ?? 0, size)
      assert.isAbove(kinds["complete"] ?? 0, size)
      waiting += kinds["waiting"] ?? 0
    }
  )

  afterAll(() => assert.isAbove(waiting, seeds.length, "runs that wait"))
})
