import { assert, describe, it } from "@effect/vitest"
import { attempt } from "./simulation/check.ts"
import { mistakes } from "./simulation/mistakes/mistakes.ts"
import { plant } from "./simulation/planted.ts"
import { scenarioOf } from "./simulation/scenario/arbitrary.ts"
import * as subject from "./simulation/subject.ts"

/** Where a change of the library has changed what a seed makes, so many others are tried. */
const others = 400

describe("simulation of the whole, with a library in which", () => {
  it.each(mistakes.map((mistake) => [mistake.name, mistake] as const))(
    "%s",
    async (_, mistake) => {
      const planted = await plant(mistake)
      const seeds = [mistake.seed, ...Array.from({ length: others }, (_, n) => n + 1)]
      for (const seed of seeds) {
        const { found } = await attempt(planted, scenarioOf(seed))
        if (found.length === 0) continue
        const { found: without } = await attempt(subject, scenarioOf(seed))
        assert.deepStrictEqual(without, [], "it goes wrong without the mistake too")
        return
      }
      assert.fail(`${seeds.length} scenarios did not show it`)
    },
    600_000
  )
})
