import { assert, describe, it } from "@effect/vitest"
import { isEndurance } from "../../../scripts/endurance.ts"
import { attempt } from "./simulation/check.ts"
import { mistakes } from "./simulation/mistakes.ts"
import { mistaken, plant } from "./simulation/planted.ts"
import { scenarioOf } from "./simulation/scenario/arbitrary.ts"
import type { Subject } from "./simulation/trace.ts"

const isShownBy = async (planted: Subject, seed: number): Promise<boolean> =>
  (await attempt(planted, scenarioOf(seed))).found.length > 0

describe("simulation of the whole, with a library in which", () => {
  const planted = isEndurance ? mistakes : mistakes.filter((_, n) => n % 10 === 0)
  it.each(planted.map((mistake) => [mistake.name, mistake] as const))(
    "%s",
    async (_, mistake) => {
      const subject = await plant(mistake)
      if (await isShownBy(subject, mistake.seed)) return
      for (let seed = 1; seed <= 2000; seed++) {
        if (await isShownBy(subject, seed))
          assert.fail(`seed ${mistake.seed} does not show it any more, but ${seed} does`)
      }
      assert.fail(`neither seed ${mistake.seed} nor one of the first 2000 shows it`)
    },
    3_600_000
  )

  it("each of the others: what it replaces is there", async () => {
    for (const mistake of mistakes) await mistaken(mistake)
  })
})
