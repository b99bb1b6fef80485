import { assert, describe, it } from "vitest"
import type { Failure } from "../src/failure.ts"
import { type Answer, failure, more, options, page, run, scripted } from "./support/listing.ts"

interface Expected {
  readonly ids: ReadonlyArray<string>
  readonly after: ReadonlyArray<string | undefined>
  readonly kind?: Failure["kind"]
  readonly reason?: string
  readonly resumeAfter?: string
}

/** What a listing makes of these answers, and that all of them are asked for. */
const rule = (name: string, answers: ReadonlyArray<Answer>, expected: Expected, after?: string) =>
  it(name, () => {
    const { asks, fail, ids } = run(scripted(answers), { after })
    assert.deepStrictEqual(ids, expected.ids)
    assert.deepStrictEqual(
      asks.map((ask) => ask.after),
      expected.after
    )
    assert.strictEqual(fail?.kind, expected.kind)
    assert.strictEqual(fail?.resumeAfter, expected.resumeAfter)
    if (fail?.kind !== "IncompleteListing") return
    assert.deepStrictEqual(fail, {
      kind: "IncompleteListing",
      operation: "list",
      mayHaveExecuted: false,
      checkpoint: options.checkpoint,
      reason: expected.reason ?? "",
      received: expected.ids.length,
      resumeAfter: expected.resumeAfter
    })
  })

describe("a listing", () => {
  rule("ends where `has_more` is false", [more(["a", "b"]), page(["c"])], {
    ids: ["a", "b", "c"],
    after: [undefined, "b"]
  })
  rule("of nothing ends at once", [page([])], { ids: [], after: [undefined] })
  rule("goes on after short pages", [more(["a"]), more(["b"]), page(["c"])], {
    ids: ["a", "b", "c"],
    after: [undefined, "a", "b"]
  })
  rule("goes on after empty pages that name a cursor", [more([], "x"), more([], "y"), page(["c"])], {
    ids: ["c"],
    after: [undefined, "x", "y"]
  })
  rule("follows `last_id`, though it is not the last item's", [more(["a", "b"], "x"), page(["c"])], {
    ids: ["a", "b", "c"],
    after: [undefined, "x"]
  })
  for (const last_id of [null, undefined, ""]) {
    rule(
      `takes the last item's id where \`last_id\` is ${JSON.stringify(last_id)}`,
      [page(["a", "b"], { has_more: true, last_id }), page(["c"])],
      { ids: ["a", "b", "c"], after: [undefined, "b"] }
    )
  }
  rule("fails where there is more, but not from where", [more(["a"]), more([], null)], {
    ids: ["a"],
    after: [undefined, "a"],
    kind: "IncompleteListing",
    reason: "the server says there is more, but not from where",
    resumeAfter: "a"
  })
  rule("fails with what a request failed with", [more(["a"]), failure("ServerError")], {
    ids: ["a"],
    after: [undefined, "a"],
    kind: "ServerError",
    resumeAfter: "a"
  })
  rule("fails where a cursor comes again, before it is asked again", [more(["a", "b"]), more(["c", "d"], "b")], {
    ids: ["a", "b", "c", "d"],
    after: [undefined, "b"],
    kind: "IncompleteListing",
    reason: "the server gives the cursor b a second time, which would never end",
    resumeAfter: "d"
  })
  rule("fails where cursors go round", [more(["a"]), more([], "x"), more([], "y"), more([], "x")], {
    ids: ["a"],
    after: [undefined, "a", "x", "y"],
    kind: "IncompleteListing",
    reason: "the server gives the cursor x a second time, which would never end",
    resumeAfter: "a"
  })
  rule("fails where the server starts over", [more(["a", "b"]), more(["c", "d"]), more(["a", "b"])], {
    ids: ["a", "b", "c", "d"],
    after: [undefined, "b", "d"],
    kind: "IncompleteListing",
    reason: "the server lists a a second time: it may have started over",
    resumeAfter: "d"
  })
  rule("fails where a page holds one of the page before", [more(["a", "b"]), page(["b", "c"])], {
    ids: ["a", "b"],
    after: [undefined, "b"],
    kind: "IncompleteListing",
    reason: "the server lists b a second time: it may have started over",
    resumeAfter: "b"
  })
  rule("fails where a page holds one of long before", [more(["a", "b"]), more(["c"]), more(["d"]), page(["e", "c"])], {
    ids: ["a", "b", "c", "d"],
    after: [undefined, "b", "c", "d"],
    kind: "IncompleteListing",
    reason: "the server lists c a second time: it may have started over",
    resumeAfter: "d"
  })
  rule("fails where a page holds one twice", [more(["a", "b"]), page(["c", "d", "c"])], {
    ids: ["a", "b"],
    after: [undefined, "b"],
    kind: "IncompleteListing",
    reason: "the server lists c a second time: it may have started over",
    resumeAfter: "b"
  })
})
