import { assert, describe, it } from "@effect/vitest"
import { amount } from "../../../tools/endurance.ts"
import { simulate } from "./nights/simulate.ts"

const nights = amount(14, 14, 40)

describe("a drift of a random night", () => {
  it("is that of the organization's record, whatever fails, lags or stops", async () => {
    const { authors, ends, exitCodes, violations } = await simulate({ firstSeed: 1, nights })
    assert.deepStrictEqual(violations, [])
    assert.isAbove(authors, nights / 4)
    assert.isAbove(ends, nights / 4)
    for (const code of [0, 3, 4]) assert.isAbove(exitCodes.get(code) ?? 0, nights / 14)
  })
})
