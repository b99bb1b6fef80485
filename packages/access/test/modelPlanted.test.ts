import { assert, describe, it } from "@effect/vitest"
import { check } from "./support/modelCheck.ts"
import * as mutants from "./support/modelMutants.ts"
import type { Mutate } from "./support/modelRun.ts"
import type { Kind } from "./support/modelViolation.ts"

/** A mistake, how many services it takes, and what it may show as. */
const planted: ReadonlyArray<readonly [string, Mutate, 1 | 2, ReadonlyArray<Kind>]> = [
  ["resends an ambiguous create", mutants.resendsAmbiguousCreate, 1, ["doubled"]],
  ["stops on an empty page", mutants.stopsOnEmptyPage, 1, ["short"]],
  ["ignores a repeated cursor", mutants.ignoresRepeatedCursor, 1, ["endless", "repeated"]],
  ["believes an empty last page", mutants.believesEmptyLastPage, 1, ["short"]],
  ["deletes the older duplicate and the newer one", mutants.deletesBothDuplicates, 1, ["lost"]]
]

const runs = 1000

describe("model, planted mistakes: a client that", () => {
  for (const [name, mutate, services, kinds] of planted) {
    it(`${name} is caught, with a case that a person can read`, async () => {
      const { failed, text } = await check({ runs, seed: 1, services, mutate })
      assert.isTrue(failed, `${runs} cases did not show it`)
      const lines = text.split("\n")
      assert.match(lines[1] ?? "", new RegExp(`^  (${kinds.join("|")})\\b`), text)
      for (const title of ["Server", "Client", "Faults", "Steps", "Requests as the server saw them", "At the end"]) {
        assert.include(lines, title)
      }
      assert.isBelow(lines.length, 120, text)
      assert.match(
        text,
        /Again: MODEL_RUNS=1 MODEL_SEED=1 MODEL_PATH=[\d:]+ npx vitest run --project access model\.test$/
      )
      const steps = lines.filter((line) => /^ {2}\d+\. fiber/.test(line))
      assert.isTrue(steps.length > 0 && steps.length <= 6, text)
    }, 600_000)
  }
})
