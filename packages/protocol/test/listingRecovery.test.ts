import { assert, describe, it } from "vitest"
import { type Answer, failure, more, page, run, scripted } from "./support/listing.ts"

const refused = failure("NotFoundError")
const empty = page([])

describe("a page after an earlier cursor", () => {
  it("is emitted without what it lists again", () => {
    const given = page(["b", "d"], { first_id: "b" })
    const { numbers, pages } = run(scripted([more(["a", "b", "c"]), refused, refused, given]))
    assert.deepStrictEqual(pages.at(-1), { ...given, data: given.data.slice(1) })
    assert.deepStrictEqual(numbers, [1, 2, 2, 2])
  })
})

describe("the start as an earlier cursor", () => {
  /** `count` permissions on pages of 64; then only one earlier cursor is taken, and it lists something new. */
  const afterMany = (count: number, taken?: string) => {
    const answers: Array<Answer> = []
    for (let n = 0; n < count; n += 64) {
      answers.push(more(Array.from({ length: Math.min(64, count - n) }, (_, i) => `cp_${n + i}`)))
    }
    const pages = answers.length
    return run((ask, n) => answers[n] ?? (n > pages && ask.after === taken ? page(["new"]) : refused))
  }

  it("is trusted while all ids are remembered", () => {
    const { fail, ids } = afterMany(4096)
    assert.isUndefined(fail)
    assert.deepStrictEqual([ids.length, ids.at(-1)], [4097, "new"])
  })

  it("is not trusted after that: items that look new may have come before", () => {
    const { fail, ids } = afterMany(4097)
    assert.strictEqual(fail?.kind, "IncompleteListingError")
    assert.strictEqual(ids.length, 4097)
  })

  it("is not needed after that if another cursor is accepted", () => {
    const { fail, ids } = afterMany(4160, "cp_4158")
    assert.isUndefined(fail)
    assert.deepStrictEqual([ids.length, ids.at(-1)], [4161, "new"])
  })
})

describe("a resumed listing", () => {
  it("looks at the end in the opposite order", () => {
    for (const [order, opposite] of [
      ["ascending", "descending"],
      ["descending", "ascending"],
      [undefined, "ascending"]
    ] as const) {
      const { asks, numbers } = run(scripted([empty, more(["x"])]), { after: "x", order, project_id: "proj_a" })
      assert.deepStrictEqual(asks[1], { project_id: "proj_a", order: opposite, limit: 100 })
      assert.deepStrictEqual(numbers, [1, 1])
    }
  })
})
