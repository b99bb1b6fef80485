import { assert, describe, it } from "vitest"
import { failure, more, page, run, scripted } from "./support/listing.ts"
import { rule } from "./support/listingRule.ts"

const start = undefined
const end = undefined
const empty = page([])
const resumed = "x"
const startsOver = {
  kind: "IncompleteListingError",
  reason: "the server starts over where it was asked to go on after x: it may be gone",
  resumeAfter: "x",
  resumed
} as const
const notLast = {
  kind: "IncompleteListingError",
  reason: "nothing comes after x, yet it is not the last permission: it may be gone",
  resumeAfter: "x",
  resumed
} as const

describe("a resumed listing", () => {
  rule("goes on once its first page is not the start", [more(["a"]), more(["s", "x"]), page(["b"])], {
    ids: ["a", "b"],
    after: ["x", start, "a"],
    resumed
  })
  rule("fails where its first page is the start", [more(["s", "x"]), more(["s", "x"])], {
    ids: [],
    after: ["x", start],
    ...startsOver
  })
  rule("fails where its first page begins as the start does", [page(["s", "a"]), more(["s"])], {
    ids: [],
    after: ["x", start],
    ...startsOver
  })
  rule("fails where both are empty and lead to the same cursor", [more([], "y"), more([], "y")], {
    ids: [],
    after: ["x", start],
    ...startsOver
  })
  rule("goes on where both are empty and lead to different cursors", [more([], "y"), more([], "w"), page(["a"])], {
    ids: ["a"],
    after: ["x", start, "y"],
    resumed
  })
  rule("goes on where nothing comes from the start any more", [more([], "y"), page([]), page(["a"])], {
    ids: ["a"],
    after: ["x", start, "y"],
    resumed
  })
  rule("goes on where its first page is empty and the start is not", [more([], "y"), more(["s"]), page(["a"])], {
    ids: ["a"],
    after: ["x", start, "y"],
    resumed
  })
  rule("goes on where the start is empty and its first page is not", [page(["a"]), empty], {
    ids: ["a"],
    after: ["x", start],
    resumed
  })
  rule("of nothing ends where the cursor is the last permission", [empty, more(["x", "s"])], {
    ids: [],
    after: ["x", end],
    resumed
  })
  rule("of nothing ends where there is nothing at all", [empty, empty], { ids: [], after: ["x", end], resumed })
  rule("of nothing fails where something else is the last permission", [empty, more(["z", "x"])], {
    ids: [],
    after: ["x", end],
    ...notLast
  })
  rule("of nothing fails where the last permission is not shown", [empty, more([], "y")], {
    ids: [],
    after: ["x", end],
    ...notLast
  })
  rule("fails where its own cursor comes again", [more(["a"]), more(["s"]), more(["b"], "x")], {
    ids: ["a", "b"],
    after: ["x", start, "a"],
    kind: "IncompleteListingError",
    reason: "the server gives the cursor x a second time, which would never end",
    resumeAfter: "b",
    resumed
  })
  rule("fails where the permission comes that it was resumed after", [more(["a"]), more(["s"]), page(["x"])], {
    ids: ["a"],
    after: ["x", start, "a"],
    kind: "IncompleteListingError",
    reason: "the server lists x a second time: it may have started over",
    resumeAfter: "a",
    resumed
  })
  for (const kind of ["NotFoundError", "BadRequestError", "ServerError"] as const) {
    rule(`fails with the failure of the comparison: ${kind}`, [more(["a"]), failure(kind)], {
      ids: [],
      after: ["x", start],
      kind,
      resumeAfter: "x",
      resumed
    })
    rule(`fails with the failure of the look at the end: ${kind}`, [empty, failure(kind)], {
      ids: [],
      after: ["x", end],
      kind,
      resumeAfter: "x",
      resumed
    })
  }

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

  it("compares with the start in the same order", () => {
    const { asks, numbers } = run(scripted([page(["a"]), more(["s"])]), { after: "x", order: "ascending" })
    assert.deepStrictEqual(asks[1], { project_id: undefined, order: "ascending", limit: 100 })
    assert.deepStrictEqual(numbers, [1, 1])
  })
})

describe("a server that starts over later in a resumed listing", () => {
  rule("is noticed by what the start lists", [more(["a"]), more(["s", "t"]), page(["t"])], {
    ids: ["a"],
    after: ["x", start, "a"],
    kind: "IncompleteListingError",
    reason: "the server lists t a second time: it may have started over",
    resumeAfter: "a",
    resumed
  })
  rule("is noticed by the cursor of the start", [more(["a"]), more([], "y"), more([], "y")], {
    ids: ["a"],
    after: ["x", start, "a"],
    kind: "IncompleteListingError",
    reason: "the server gives the cursor y a second time, which would never end",
    resumeAfter: "a",
    resumed
  })
  rule(
    "is not suspected for what the start lists after the cursor",
    [more(["a"]), more(["s", "x", "b"]), page(["b"])],
    {
      ids: ["a", "b"],
      after: ["x", start, "a"],
      resumed
    }
  )
  rule(
    "is not suspected for what the first page lists",
    [more(["a"]), more(["s", "a", "b"], "y"), more(["b"], "y"), page([]), more(["b"], "y")],
    {
      ids: ["a", "b"],
      after: ["x", start, "a", "y", "a"],
      resumed
    }
  )
  rule(
    "is not suspected for a cursor after the one of the listing",
    [more(["a"]), more(["s", "x", "a"], "a"), page(["b"])],
    {
      ids: ["a", "b"],
      after: ["x", start, "a"],
      resumed
    }
  )
  rule("is not suspected where the start has no cursor", [more(["a"]), empty, page(["b"])], {
    ids: ["a", "b"],
    after: ["x", start, "a"],
    resumed
  })
})

describe("a resumed listing whose cursor is refused or empty later", () => {
  const begun = [more(["a"]), more(["s", "x"])]

  rule("reads again from where it was resumed, not from the start", [...begun, failure("NotFoundError"), page(["b"])], {
    ids: ["a", "b"],
    after: ["x", start, "a", "x"],
    resumed
  })
  rule("ends where that is the last permission now", [...begun, empty, empty, page(["x"])], {
    ids: ["a"],
    after: ["x", start, "a", "x", end],
    resumed
  })
  rule("fails where that is gone, too", [...begun, empty, empty, page(["z"])], {
    ids: ["a"],
    after: ["x", start, "a", "x", end],
    ...notLast,
    resumeAfter: "a"
  })
  rule("ends where what comes after it is known", [...begun, failure("NotFoundError"), page(["a"])], {
    ids: ["a"],
    after: ["x", start, "a", "x"],
    resumed
  })
  rule("has no other cursor left where that is refused", [...begun, empty, failure("NotFoundError")], {
    ids: ["a"],
    after: ["x", start, "a", "x"],
    kind: "NotFoundError",
    resumeAfter: "a",
    resumed
  })
  rule("has no other cursor left where that leads nowhere", [...begun, failure("NotFoundError"), more([], null)], {
    ids: ["a"],
    after: ["x", start, "a", "x"],
    kind: "IncompleteListingError",
    reason: "the server no longer takes the cursor, and no earlier cursor is left to go on from",
    resumeAfter: "a",
    resumed
  })
})
