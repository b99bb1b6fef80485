import { assert, describe, it } from "vitest"
import { simulate } from "./support/eventHistory.ts"

describe("histories", () => {
  it("no row that had an event is left unread, and nothing that is said contradicts the record", () => {
    const outcomes = Array.from({ length: 400 }, (_, seed) => simulate(seed + 1))
    assert.deepEqual(
      outcomes.flatMap(({ violations }) => violations),
      []
    )
    const sum = (of: (one: (typeof outcomes)[number]) => number) => outcomes.reduce((all, one) => all + of(one), 0)
    // It is not by reading everything that nothing is missed.
    assert.isAbove(
      sum(({ carried }) => carried),
      10_000
    )
    assert.isAbove(
      sum(({ wholeRuns }) => wholeRuns),
      100
    )
    const reasons = new Set(outcomes.flatMap(({ reasons }) => reasons))
    assert.deepEqual([...reasons].sort(), ["Empty", "Future", "NoEvent", "Refused", "Unexplained", "Unresolved"])
  })
})
