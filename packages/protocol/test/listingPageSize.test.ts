import { assert, describe, it } from "vitest"
import { largestPage } from "../src/listing.ts"
import { type Answer, failure, more, page, run, scripted } from "./support/listing.ts"

const tooLarge = failure("BadRequestError", { param: "limit" })

/** A server that takes pages of at most `max`. */
const upTo = (max: number, answers: ReadonlyArray<Answer>) => {
  let answered = 0
  return ({ limit = 0 }): Answer => (limit > max ? tooLarge : (answers[answered++] ?? page([])))
}

describe("a page size that the server refuses", () => {
  it("is lowered for every request of a resumed listing", () => {
    for (const first of [more(["a"]), page([])]) {
      const { asks, fail } = run(scripted([tooLarge, first, tooLarge, page(["x"]), page(["b"])]), { after: "x" })
      assert.isUndefined(fail)
      assert.deepStrictEqual(
        asks.slice(0, 4).map(({ after, limit, order }) => ({ after, limit, order })),
        [
          { after: "x", limit: 100, order: undefined },
          { after: "x", limit: 50, order: undefined },
          { after: undefined, limit: 50, order: first.has_more ? undefined : "ascending" },
          { after: undefined, limit: 20, order: first.has_more ? undefined : "ascending" }
        ]
      )
    }
  })

  it.each([
    ["is lowered in a recovery", [failure("NotFoundError"), tooLarge, page(["c"])], "100 b/100 a/100 a/50", "a b c"],
    [
      "counts again when the server refuses every size: it was not to blame",
      [tooLarge, tooLarge, tooLarge, tooLarge, more(["b", "c"]), page(["d"])],
      "100 b/100 b/50 b/20 b/10 a/100 c/100",
      "a b c d"
    ]
  ])("%s", (_, answers, asked, given) => {
    const { asks, ids } = run(scripted([more(["a", "b"]), ...answers]))
    const texts = asks.map(({ after, limit }) => (after === undefined ? `${limit}` : `${after}/${limit}`))
    assert.strictEqual(texts.join(" "), asked)
    assert.strictEqual(ids.join(" "), given)
  })
})

describe("the largest page", () => {
  const none = Number.POSITIVE_INFINITY

  it("is that of the first page that came after a refusal", () => {
    const { state } = run(upTo(30, [more(["a"]), page(["b"])]))
    assert.strictEqual(largestPage(state, none), 20)
    assert.strictEqual(largestPage(state, 10), 20)
  })

  it("is what was known before when none was refused, unless a larger one came", () => {
    const { state } = run(upTo(100, [page(["a"])]), { limit: 70 })
    assert.strictEqual(largestPage(state, none), none)
    assert.strictEqual(largestPage(state, 100), 100)
    assert.strictEqual(largestPage(state, 50), 70)
  })
})

describe("a failure blames the page size", () => {
  it.each<Parameters<typeof failure>>([
    ["BadRequestError", { param: "limit" }],
    ["BadRequestError", { param: "limit", detail: "Invalid value." }],
    ["BadRequestError", { detail: "limit is too large" }],
    ["BadRequestError", { detail: "Invalid 'Limit': integer above maximum value." }],
    ["BadRequestError", { detail: "Invalid limit: 100" }],
    ["BadRequestError", { detail: "The query parameter `limit` is out of range" }],
    ["BadRequestError", { detail: "Invalid value for limit" }],
    ["BadRequestError", { detail: "Limit must be at most 20" }],
    ["BadRequestError", { detail: "limit > 50" }]
  ])("when it names the parameter, or the word alone: %s, %j", (...given) => {
    assert.strictEqual(run(scripted([failure(...given), page([])])).asks.length, 2)
  })

  it.each<Parameters<typeof failure>>([
    ["BadRequestError"],
    ["BadRequestError", { detail: "unlimited" }],
    ["BadRequestError", { detail: "limits" }],
    ["BadRequestError", { detail: "You have reached your spending limit" }],
    ["BadRequestError", { detail: "Your limit is reached" }],
    ["BadRequestError", { detail: "Limit reached for this organization" }],
    ["BadRequestError", { detail: "Rate limit exceeded" }],
    ["BadRequestError", { detail: "The monthly limit must be raised" }],
    ["BadRequestError", { detail: "The usage limit is too low" }],
    ["BadRequestError", { param: "order", detail: "Invalid order: pass it without the parameter 'limit'" }],
    ["NotFoundError", { param: "limit" }],
    ["ServerError", { param: "limit", detail: "limit" }]
  ])("and no other does: %s, %j", (...given) => {
    const { asks, fail } = run(scripted([failure(...given)]))
    assert.deepStrictEqual([asks.length, fail?.kind], [1, given[0]])
  })
})
