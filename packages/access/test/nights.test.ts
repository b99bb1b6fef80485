import { assert, describe, it } from "@effect/vitest"
import { simulate } from "./nights/simulate.ts"

describe("a drift of a random night", () => {
  it("is that of the organization's record, whatever fails, lags or stops", async () => {
    const { authors, ends, exitCodes, violations } = await simulate({ firstSeed: 1, nights: 40 })
    assert.deepStrictEqual(violations, [])
    assert.isAbove(authors, 10)
    assert.isAbove(ends, 10)
    for (const code of [0, 3, 4]) assert.isAbove(exitCodes.get(code) ?? 0, 3)
  })
})
