import { assert, describe, it } from "@effect/vitest"
import { Config, Effect } from "effect"
import { attempt, check, suite } from "./simulation/check.ts"
import { timeline } from "./simulation/report.ts"
import { scenarioOf } from "./simulation/scenario/arbitrary.ts"
import * as subject from "./simulation/subject.ts"

/** `SIMULATION_RUNS` scenarios from `SIMULATION_SEED` on: a failure names the one to run again. */
const { runs, seed } = Effect.runSync(
  Config.all({
    runs: Config.withDefault(Config.integer("SIMULATION_RUNS"), suite.runs),
    seed: Config.withDefault(Config.integer("SIMULATION_SEED"), suite.seed)
  })
)

describe("simulation of the whole", () => {
  it("what is claimed is so, whatever the server, rivals, people, machines and disks do", async () => {
    const failure = await check(subject, seed, runs)
    if (failure !== undefined) assert.fail(failure.text)
  }, 3_600_000)

  it("a seed makes the very same run each time", async () => {
    for (let one = 1; one <= 8; one++) {
      const first = await attempt(subject, scenarioOf(one))
      const second = await attempt(subject, scenarioOf(one))
      assert.deepStrictEqual(timeline(second.trace), timeline(first.trace))
      assert.deepStrictEqual(second.trace, first.trace)
    }
  }, 3_600_000)
})
