import { assert, describe, it } from "@effect/vitest"
import { seeds } from "../../../scripts/endurance.ts"
import { attempt, trySeed } from "./simulation/check.ts"
import { scenarioOf } from "./simulation/scenario/arbitrary.ts"

/** The seeds of `npm test`. `npm run test:endurance` adds those from 1 to 600. */
const chosen = [1, 2, 4, 6, 9, 10, 12, 14, 16, 18, 21, 31, 37, 60, 61, 74, 95]

describe("a random scenario", () => {
  it("has no false claim, whatever servers, other writers and machines do", async () => {
    for (const seed of seeds(chosen, 600)) {
      const failure = await trySeed(seed)
      if (failure !== undefined) assert.fail(failure)
    }
  }, 3_600_000)

  it("is the same run for the same seed", async () => {
    for (const seed of seeds(1, 12)) {
      const first = await attempt(scenarioOf(seed))
      const second = await attempt(scenarioOf(seed))
      assert.deepStrictEqual(second.trace, first.trace)
    }
  }, 3_600_000)
})
