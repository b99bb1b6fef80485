import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { isEndurance } from "../../../scripts/endurance.ts"
import { ofAudit, ofList } from "./support/memory.ts"

describe("the memory of the program", () => {
  it.live("a long listing takes little memory", () =>
    Effect.gen(function* () {
      const { lines, mebibytes } = yield* ofList(15_000)
      assert.strictEqual(lines, 15_000)
      // The figure is measured alone, by figures:memory. A busy machine sweeps late: this finds what is not swept.
      assert.isBelow(mebibytes, 170)
    })
  )

  it.live.runIf(isEndurance)("an audit of 300 × 200 takes little memory", () =>
    Effect.gen(function* () {
      const least = yield* ofAudit(1, 1)
      const { lines, mebibytes } = yield* ofAudit(300, 200)
      assert.strictEqual(lines, 301)
      assert.isBelow(mebibytes - least.mebibytes, 100)
    })
  )
})
