import { faults } from "@checkpoint-permissions/fake"
import { assert, describe, it } from "@effect/vitest"
import { Effect, identity, Stream } from "effect"
import { seeds } from "../../../tools/endurance.ts"
import { attempt, trySeed } from "./simulation/check.ts"
import type { Plant } from "./simulation/commands.ts"
import { scenarioOf } from "./simulation/scenario/arbitrary.ts"
import type { Scenario } from "./simulation/scenario/scenario.ts"
import { plainActor, plainly, quiet } from "./simulation/scenario/steps.ts"

/** The seeds of `npm test`. `npm run test:endurance` adds those from 1 to 600, `.ci/run` those from 1 to 100. */
const chosen = [1, 10, 18, 37, 61, 95]

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

describe("of two applies at once", () => {
  const scenario: Scenario = {
    seed: 1,
    yieldChance: 0,
    behavior: { ...quiet, regrant: "second", latency: 50, replyLatency: 50 },
    faults: faults.none,
    initial: [{ checkpoint: "ft:a", project: "proj_old", age: 1, id: undefined }],
    policies: [{ "ft:a": { mode: "exact", projects: ["proj_a"] } }],
    clocks: [0, 0],
    actors: [0, 20].map((wait) => ({ ...plainActor, steps: [{ ...plainly("fresh"), wait }] }))
  }
  const mistakes: ReadonlyArray<readonly [what: string, found: ReadonlyArray<string>, plant: Plant]> = [
    ["nothing without a mistake", [], identity],
    [
      "a create that is sent twice",
      ["resent"],
      (service) => ({
        ...service,
        create: (...call) => Effect.zipRight(service.create(...call), service.create(...call))
      })
    ],
    [
      "a listing that leaves out a permission",
      ["kept", "false verdict", "false reading"],
      (service) => ({ ...service, stream: (...call) => Stream.drop(service.stream(...call), 1) })
    ],
    [
      "a listing that leaves out a project",
      ["false reading"],
      (service) => ({
        ...service,
        stream: (...call) => Stream.filter(service.stream(...call), ({ project_id }) => project_id !== "proj_a")
      })
    ]
  ]
  it.each(mistakes)("the oracles find %s", async (_, expected, plant) => {
    const { found } = await attempt(scenario, plant)
    assert.deepStrictEqual([...new Set(found.map(({ kind }) => kind))], expected)
  })
})
