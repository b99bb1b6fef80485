import { assert, describe, it } from "@effect/vitest"
import { seeds } from "../../../scripts/endurance.ts"
import { attempt, trySeed } from "./simulation/check.ts"
import { mistakes } from "./simulation/mistakes.ts"
import { scenarioOf } from "./simulation/scenario/arbitrary.ts"
import * as subject from "./simulation/subject.ts"

/** The scenarios that show the planted mistakes show these here, too. */
const chosen = [...new Set(mistakes.map(({ seed }) => seed))]

describe("simulation of the whole", () => {
  it("what is claimed is so, whatever the server, rivals, people, machines and disks do", async () => {
    for (const seed of seeds(chosen, 600)) {
      const failure = await trySeed(subject, seed)
      if (failure !== undefined) assert.fail(failure)
    }
  }, 3_600_000)

  it("a seed makes the very same run each time", async () => {
    for (const seed of seeds(3, 12)) {
      const first = await attempt(subject, scenarioOf(seed))
      const second = await attempt(subject, scenarioOf(seed))
      assert.deepStrictEqual(second.trace, first.trace)
    }
  }, 3_600_000)
})
