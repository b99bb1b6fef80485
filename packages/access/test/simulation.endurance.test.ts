import { assert, describe, it } from "@effect/vitest"
import { seeds } from "../../../scripts/endurance.ts"
import { attempt, trySeed } from "./simulation/check.ts"
import { scenarioOf } from "./simulation/scenario/arbitrary.ts"

/** Seeds whose scenarios showed mistakes that were made in the library on purpose, one for each rule of it. */
const chosen = [1, 4, 10, 11, 18, 19, 23, 28, 37, 57, 58, 61, 74, 85, 94, 112, 132, 217, 284, 303, 543, 925]

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
