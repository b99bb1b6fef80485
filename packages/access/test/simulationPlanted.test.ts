import { assert, describe, it } from "@effect/vitest"
import { attempt, suite } from "./simulation/check.ts"
import { mistakes } from "./simulation/mistakes/mistakes.ts"
import { plant } from "./simulation/planted.ts"
import { scenarioOf } from "./simulation/scenario/arbitrary.ts"
import * as subject from "./simulation/subject.ts"

/** What is found without any mistake, by seed: several are shown by one scenario. */
const healthy = new Map<number, ReturnType<typeof attempt>>()
const withoutMistake = (seed: number): ReturnType<typeof attempt> => {
  const tried = healthy.get(seed) ?? attempt(subject, scenarioOf(seed))
  healthy.set(seed, tried)
  return tried
}

describe("simulation of the whole, with a library in which", () => {
  it.each(mistakes.map((mistake) => [mistake.name, mistake] as const))(
    "%s",
    async (_, mistake) => {
      const planted = await plant(mistake)
      const { found } = await attempt(planted, scenarioOf(mistake.seed))
      assert.isNotEmpty(
        found,
        `seed ${mistake.seed} does not show it any more: \`npm run figures:simulation -- --planted\` finds another`
      )
      // Those of the suite are run without a mistake there.
      if (mistake.seed < suite.seed + suite.runs) return
      const { found: without } = await withoutMistake(mistake.seed)
      assert.deepStrictEqual(without, [], "it goes wrong without the mistake too")
    },
    3_600_000
  )
})
