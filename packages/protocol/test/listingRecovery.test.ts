import { assert, describe, it } from "vitest"
import { type Answer, failure, more, page, run, scripted } from "./support/listing.ts"
import { rule } from "./support/listingRule.ts"

const refused = failure("NotFoundError")
const empty = page([])
const first = undefined

describe("an empty last page", () => {
  rule("is believed once the cursor is seen to be there still", [more(["a", "b"]), empty, more(["b"])], {
    ids: ["a", "b"],
    after: [first, "b", "a"]
  })
  rule("is believed once the cursor is listed, though not last", [more(["a", "b"]), empty, page(["b"])], {
    ids: ["a", "b"],
    after: [first, "b", "a"]
  })
  rule(
    "is believed once the same cursor is given again, which is no item's",
    [more(["a", "b"], "x"), empty, more(["a", "b"], "x")],
    { ids: ["a", "b"], after: [first, "x", first] }
  )
  rule(
    "is believed once the cursor is listed, though another one is given",
    [more(["a", "b"]), empty, more(["b"], "y")],
    {
      ids: ["a", "b"],
      after: [first, "b", "a"]
    }
  )
  rule(
    "is not believed where the cursor is not listed among what comes again",
    [more(["a", "b", "c"]), empty, empty, more(["b"], "y"), page(["d"])],
    { ids: ["a", "b", "c", "d"], after: [first, "c", "b", "a", "y"] }
  )
  rule("is a deleted cursor's where something new comes", [more(["a", "b"]), empty, page(["c"])], {
    ids: ["a", "b", "c"],
    after: [first, "b", "a"]
  })
  rule("is a deleted cursor's where something new comes beside it", [more(["a", "b"]), empty, page(["b", "c"])], {
    ids: ["a", "b", "c"],
    after: [first, "b", "a"]
  })
  rule("is a mistake where no earlier cursor shows more", [more(["a", "b"]), empty, empty, more([], "a")], {
    ids: ["a", "b"],
    after: [first, "b", "a", first],
    kind: "IncompleteListingError",
    reason: "the last page is empty, and no earlier cursor is left to go on from",
    resumeAfter: "b"
  })
  rule("fails where an earlier cursor repeats what stood before it", [more(["a", "b", "c"]), empty, page(["a", "d"])], {
    ids: ["a", "b", "c"],
    after: [first, "c", "b"],
    kind: "IncompleteListingError",
    reason: "the last page is empty, and from an earlier cursor the server lists a again",
    resumeAfter: "c"
  })

  it("ends the listing with an empty page", () => {
    const { pages } = run(scripted([more(["a", "b"]), empty, more(["b"])]))
    assert.deepStrictEqual(pages.at(-1), { ...more(["b"]), data: [], has_more: false })
  })
})

describe("a refused cursor", () => {
  rule("is replaced by the one before it", [more(["a", "b"]), failure("BadRequestError"), page(["c"])], {
    ids: ["a", "b", "c"],
    after: [first, "b", "a"]
  })
  rule("ends the listing where no earlier one is taken", [more(["a", "b"]), refused, refused, refused], {
    ids: ["a", "b"],
    after: [first, "b", "a", first],
    kind: "NotFoundError",
    resumeAfter: "b"
  })
  rule(
    "is replaced by the item before, the first of the page, the page's own and the start",
    [more(["z"]), more(["a", "b", "c", "d"]), ...Array.from({ length: 5 }, () => refused)],
    {
      ids: ["z", "a", "b", "c", "d"],
      after: [first, "z", "d", "c", "a", "z", first],
      kind: "NotFoundError",
      resumeAfter: "d"
    }
  )
  rule(
    "that is no item's is replaced first by the cursor that gave it",
    [more(["z"]), more(["a", "b"], "x"), ...Array.from({ length: 5 }, () => refused)],
    { ids: ["z", "a", "b"], after: [first, "z", "x", "z", "b", "a", first], kind: "NotFoundError", resumeAfter: "b" }
  )
  rule(
    "after empty pages is replaced by the one before them",
    [more([], "w"), more([], "x"), refused, refused, refused],
    { ids: [], after: [first, "w", "x", "w", first], kind: "NotFoundError" }
  )
  rule("is not looked into when the server fails", [more(["a", "b"]), refused, failure("ServerError")], {
    ids: ["a", "b"],
    after: [first, "b", "a"],
    kind: "ServerError",
    resumeAfter: "b"
  })
  rule("ends the listing where an earlier one shows the end", [more(["a", "b", "c"]), refused, refused, page(["b"])], {
    ids: ["a", "b", "c"],
    after: [first, "c", "b", "a"]
  })
  rule("ends the listing where all is deleted", [more(["a", "b"]), refused, empty, empty], {
    ids: ["a", "b"],
    after: [first, "b", "a", first]
  })
})

describe("a page after an earlier cursor", () => {
  rule("may list again what stood after that cursor", [more(["a", "b", "c"]), refused, refused, page(["b", "d"])], {
    ids: ["a", "b", "c", "d"],
    after: [first, "c", "b", "a"]
  })
  rule(
    "may list the whole page again that the cursor gave",
    [more(["z"]), more(["a", "b"]), empty, empty, page(["a", "b", "c"])],
    { ids: ["z", "a", "b", "c"], after: [first, "z", "b", "a", "z"] }
  )
  rule("may not list the cursor itself", [more(["a", "b", "c"]), refused, page(["b", "d"])], {
    ids: ["a", "b", "c"],
    after: [first, "c", "b"],
    kind: "IncompleteListingError",
    reason: "the server no longer takes the cursor, and from an earlier cursor the server lists b again",
    resumeAfter: "c"
  })
  rule("may not list anything twice", [more(["a", "b"]), refused, page(["c", "c"])], {
    ids: ["a", "b"],
    after: [first, "b", "a"],
    kind: "IncompleteListingError",
    reason: "the server no longer takes the cursor, and from an earlier cursor the server lists c again",
    resumeAfter: "b"
  })
  rule("may not list pages of before", [more(["z"]), more(["a", "b"]), refused, refused, refused, page(["z", "a"])], {
    ids: ["z", "a", "b"],
    after: [first, "z", "b", "a", "z", first],
    kind: "IncompleteListingError",
    reason: "the server no longer takes the cursor, and from an earlier cursor the server lists z again",
    resumeAfter: "b"
  })
  rule("goes on where it leads to a new cursor", [more(["a", "b", "c"]), refused, more([], "y"), page(["d"])], {
    ids: ["a", "b", "c", "d"],
    after: [first, "c", "b", "y"]
  })
  rule(
    "goes on from the last item that is listed again, where there is no other cursor",
    [more(["a", "b", "c", "d"]), refused, refused, more(["b"], null), page(["e"])],
    { ids: ["a", "b", "c", "d", "e"], after: [first, "d", "c", "a", "b"] }
  )
  for (const [to, cursor] of [
    ["back to the cursor", "c"],
    ["to an earlier cursor", "a"],
    ["nowhere", null]
  ] as const) {
    rule(`is not trusted where it leads ${to}`, [more(["a", "b", "c"]), refused, more([], cursor), page(["d"])], {
      ids: ["a", "b", "c", "d"],
      after: [first, "c", "b", "a"]
    })
  }
  rule("is not trusted where it is empty", [more(["a", "b", "c"]), refused, empty, page(["d"])], {
    ids: ["a", "b", "c", "d"],
    after: [first, "c", "b", "a"]
  })
  rule("fails where it leads to a cursor of before", [more(["a"]), more(["b", "c"]), refused, more(["d"], "a")], {
    ids: ["a", "b", "c", "d"],
    after: [first, "a", "c", "b"],
    kind: "IncompleteListingError",
    reason: "the server gives the cursor a a second time, which would never end",
    resumeAfter: "d"
  })
  rule("fails where none can be trusted", [more(["a"]), refused, more([], "a")], {
    ids: ["a"],
    after: [first, "a", first],
    kind: "IncompleteListingError",
    reason: "the server no longer takes the cursor, and no earlier cursor is left to go on from",
    resumeAfter: "a"
  })
  rule(
    "is the page before for the next recovery, with all that it showed",
    [more(["a", "b", "c"]), refused, refused, more(["b", "d"]), refused, refused, page(["b", "e"])],
    { ids: ["a", "b", "c", "d", "e"], after: [first, "c", "b", "a", "d", "b", "a"] }
  )
  rule(
    "without anything new is not the page before",
    [more(["a", "b", "c"]), refused, more([], "y"), refused, refused, refused, page(["b", "c", "d"])],
    { ids: ["a", "b", "c", "d"], after: [first, "c", "b", "y", "b", "c", "a"] }
  )

  it("is emitted without what it lists again", () => {
    const given = page(["b", "d"], { first_id: "b" })
    const { numbers, pages } = run(scripted([more(["a", "b", "c"]), refused, refused, given]))
    assert.deepStrictEqual(pages.at(-1), { ...given, data: given.data.slice(1) })
    assert.deepStrictEqual(numbers, [1, 2, 2, 2])
  })

  it("of nothing but new ones is emitted as it is", () => {
    const given = page(["c"])
    assert.strictEqual(run(scripted([more(["a", "b"]), refused, given])).pages.at(-1), given)
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

  it("is believed while all ids are remembered", () => {
    const { fail, ids } = afterMany(4096)
    assert.isUndefined(fail)
    assert.deepStrictEqual([ids.length, ids.at(-1)], [4097, "new"])
  })

  it("is not believed beyond: what looks new may have come before", () => {
    const { fail, ids } = afterMany(4097)
    assert.strictEqual(fail?.kind, "IncompleteListingError")
    assert.strictEqual(ids.length, 4097)
  })

  it("is not needed beyond, where another one is taken", () => {
    const { fail, ids } = afterMany(4160, "cp_4158")
    assert.isUndefined(fail)
    assert.deepStrictEqual([ids.length, ids.at(-1)], [4161, "new"])
  })
})
