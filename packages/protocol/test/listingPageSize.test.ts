import { assert, describe, it } from "vitest"
import type { Failure } from "../src/failure.ts"
import { largestPage } from "../src/listing.ts"
import type { ListParams } from "../src/wire.ts"
import { type Answer, failure, more, page, run, scripted } from "./support/listing.ts"

const tooLarge = failure("BadRequestError", { param: "limit" })

/** A server that takes pages of at most `max`. */
const upTo = (max: number, answers: ReadonlyArray<Answer>) => {
  let answered = 0
  return ({ limit = 0 }): Answer => (limit > max ? tooLarge : (answers[answered++] ?? page([])))
}

const limits = (max: number, limit: number) => {
  const { asks, fail } = run(upTo(max, [more(["a"]), page(["b"])]), { limit })
  return { limits: asks.map(({ limit }) => limit), kind: fail?.kind }
}

describe("a page size that the server refuses", () => {
  it("is lowered until the server takes it, and stays so", () => {
    assert.deepStrictEqual(limits(100, 100), { limits: [100, 100], kind: undefined })
    assert.deepStrictEqual(limits(99, 100), { limits: [100, 50, 50], kind: undefined })
    assert.deepStrictEqual(limits(30, 100), { limits: [100, 50, 20, 20], kind: undefined })
    assert.deepStrictEqual(limits(10, 100), { limits: [100, 50, 20, 10, 10], kind: undefined })
    assert.deepStrictEqual(limits(100, 500), { limits: [500, 100, 100], kind: undefined })
    assert.deepStrictEqual(limits(50, 70), { limits: [70, 50, 50], kind: undefined })
    assert.deepStrictEqual(limits(10, 11), { limits: [11, 10, 10], kind: undefined })
  })

  it("ends the listing when no smaller one is left", () => {
    assert.deepStrictEqual(limits(5, 100), { limits: [100, 50, 20, 10], kind: "BadRequestError" })
    assert.deepStrictEqual(limits(5, 10), { limits: [10], kind: "BadRequestError" })
    assert.deepStrictEqual(limits(5, 7), { limits: [7], kind: "BadRequestError" })
  })

  it("does not cost the place in the listing", () => {
    const { asks, fail, ids, numbers } = run(scripted([more(["a", "b"]), tooLarge, page(["c"])]), {
      order: "ascending",
      project_id: "proj_a"
    })
    assert.isUndefined(fail)
    assert.deepStrictEqual(ids, ["a", "b", "c"])
    const params: ListParams = { after: "b", project_id: "proj_a", order: "ascending" }
    assert.deepStrictEqual(asks.slice(1), [
      { ...params, limit: 100 },
      { ...params, limit: 50 }
    ])
    assert.deepStrictEqual(numbers, [1, 2, 2])
  })

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

  it("is lowered in a recovery", () => {
    const { asks, ids } = run(scripted([more(["a", "b"]), failure("NotFoundError"), tooLarge, page(["c"])]))
    assert.deepStrictEqual(
      asks.slice(2).map(({ after, limit }) => [after, limit]),
      [
        ["a", 100],
        ["a", 50]
      ]
    )
    assert.deepStrictEqual(ids, ["a", "b", "c"])
  })

  it("counts again when the server refuses every size: it was not to blame", () => {
    const { asks, ids } = run(
      scripted([more(["a", "b"]), tooLarge, tooLarge, tooLarge, tooLarge, more(["b", "c"]), page(["d"])])
    )
    assert.deepStrictEqual(
      asks.map(({ after, limit }) => [after, limit]),
      [
        [undefined, 100],
        ["b", 100],
        ["b", 50],
        ["b", 20],
        ["b", 10],
        ["a", 100],
        ["c", 100]
      ]
    )
    assert.deepStrictEqual(ids, ["a", "b", "c", "d"])
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
  const blames = (given: Failure) => run(scripted([given, page([])])).asks.length === 2

  it("when it names the parameter, or the word alone", () => {
    assert.isTrue(blames(tooLarge))
    assert.isTrue(blames(failure("BadRequestError", { param: "limit", detail: "Invalid value." })))
    assert.isTrue(blames(failure("BadRequestError", { detail: "limit is too large" })))
    for (const detail of [
      "Invalid 'Limit': integer above maximum value.",
      "Invalid limit: 100",
      "The query parameter `limit` is out of range",
      "Invalid value for limit",
      "Limit must be at most 20",
      "limit > 50"
    ]) {
      assert.isTrue(blames(failure("BadRequestError", { detail })), detail)
    }
  })

  it("and no other does", () => {
    const blamesNot = (given: Failure) => {
      const { asks, fail } = run(scripted([given]))
      assert.strictEqual(asks.length, 1)
      assert.strictEqual(fail?.kind, given.kind)
    }
    blamesNot(failure("BadRequestError"))
    blamesNot(failure("BadRequestError", { detail: "unlimited" }))
    blamesNot(failure("BadRequestError", { detail: "limits" }))
    for (const detail of [
      "You have reached your spending limit",
      "Your limit is reached",
      "Limit reached for this organization",
      "Rate limit exceeded",
      "The monthly limit must be raised",
      "The usage limit is too low"
    ]) {
      blamesNot(failure("BadRequestError", { detail }))
    }
    blamesNot(failure("BadRequestError", { param: "order", detail: "no limit with this order" }))
    blamesNot(failure("NotFoundError", { param: "limit" }))
    blamesNot(failure("ServerError", { param: "limit", detail: "limit" }))
  })
})
