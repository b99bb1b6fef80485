import fc from "fast-check"
import { assert, describe, it } from "vitest"
import * as History from "../src/internal/listing/history.ts"

/** The cursors of a server that goes round: `tail` new ones, then a cycle of `length`. */
const cursorAt = (tail: number, length: number, n: number): string =>
  `cp_${n < tail ? n : tail + ((n - tail) % length)}`

/** How many cursors are taken before one is refused. */
const taken = (tail: number, length: number, atMost: number): number => {
  let history = History.noCursors
  for (let n = 0; n < atMost; n++) {
    const cursor = cursorAt(tail, length, n)
    if (History.isRepeatedCursor(history, cursor)) return n
    history = History.addCursor(history, cursor)
  }
  return atMost
}

describe("a cursor that comes again", () => {
  it("is found immediately among the first 4,096", () => {
    for (const pair of ["0 1", "0 2", "10 1", "1 4000", "4000 96", "0 4096"]) {
      const [tail = 0, length = 0] = pair.split(" ").map(Number)
      assert.strictEqual(taken(tail, length, 100_000), tail + length)
    }
  })

  it("is found immediately if it is one of the first, however late", () => {
    let history = History.noCursors
    for (let n = 0; n < 50_000; n++) {
      assert.isFalse(History.isRepeatedCursor(history, `cp_${n}`))
      history = History.addCursor(history, `cp_${n}`)
    }
    assert.isTrue(History.isRepeatedCursor(history, "cp_4095"))
    assert.isTrue(History.isRepeatedCursor(history, "cp_0"))
    assert.isFalse(History.isRepeatedCursor(history, "cp_4096"))
  })

  it("is found among later ones within a few rounds, and never before it came", () => {
    fc.assert(
      fc.property(fc.integer({ min: 4096, max: 20_000 }), fc.integer({ min: 1, max: 20_000 }), (tail, length) => {
        const n = taken(tail, length, 200_000)
        assert.isAtLeast(n, tail + length)
        assert.isAtMost(n, 4096 + 3 * (tail - 4096 + length) + 2)
      }),
      { numRuns: 40 }
    )
  })
})
