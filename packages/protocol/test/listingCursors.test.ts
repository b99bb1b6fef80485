import fc from "fast-check"
import { assert, describe, it } from "vitest"
import * as Cursors from "../src/internal/listing/cursorHistory.ts"
import * as IdSet from "../src/internal/listing/idSet.ts"

/** The cursors of a server that goes round: `tail` new ones, then a cycle of `length`. */
const cursorAt = (tail: number, length: number, n: number): string =>
  `cp_${n < tail ? n : tail + ((n - tail) % length)}`

/** How many cursors are taken before one is refused. */
const taken = (tail: number, length: number, atMost: number): number => {
  let history = Cursors.empty
  for (let n = 0; n < atMost; n++) {
    const cursor = cursorAt(tail, length, n)
    if (Cursors.isRepeated(history, cursor)) return n
    history = Cursors.add(history, cursor)
  }
  return atMost
}

describe("a cursor that comes again", () => {
  it("is noticed at once among the first 4,096", () => {
    for (const pair of ["0 1", "0 2", "10 1", "1 4000", "4000 96", "0 4096"]) {
      const [tail = 0, length = 0] = pair.split(" ").map(Number)
      assert.strictEqual(taken(tail, length, 100_000), tail + length)
    }
  })

  it("is noticed at once when it is one of the first, however late", () => {
    let history = Cursors.empty
    for (let n = 0; n < 50_000; n++) {
      assert.isFalse(Cursors.isRepeated(history, `cp_${n}`))
      history = Cursors.add(history, `cp_${n}`)
    }
    assert.isTrue(Cursors.isRepeated(history, "cp_4095"))
    assert.isTrue(Cursors.isRepeated(history, "cp_0"))
    assert.isFalse(Cursors.isRepeated(history, "cp_4096"))
  })

  it("beyond is noticed within a few rounds, and never before it came", () => {
    fc.assert(
      fc.property(fc.integer({ min: 4096, max: 20_000 }), fc.integer({ min: 1, max: 20_000 }), (tail, length) => {
        const n = taken(tail, length, 200_000)
        assert.isAtLeast(n, tail + length)
        assert.isAtMost(n, 4096 + 3 * (tail - 4096 + length) + 2)
      }),
      { numRuns: 40 }
    )
  })

  it("beyond is compared with the one at the last power of two", () => {
    assert.deepStrictEqual(
      [1, 2, 3, 4, 5, 8].map((length) => taken(4096, length, 100_000) - 4096),
      [1, 2, 5, 6, 11, 14]
    )
  })

  it("takes no more memory for being late", () => {
    let history = Cursors.empty
    for (let n = 0; n < 100_000; n++) history = Cursors.add(history, `cp_${n}`)
    assert.strictEqual(IdSet.sizeOf(history.first), 4096)
  })
})
