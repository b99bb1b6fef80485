import { assert, describe, it } from "vitest"
import * as Listing from "../src/listing.ts"
import type { Page } from "../src/wire.ts"
import { failure, more, options, page, run, scripted } from "./support/listing.ts"

/** What a listing makes of pages is in the table of `contract/src/cases/listing.ts`; here is what a table does not show. */
describe("a step", () => {
  it("asks for what the options say", () => {
    const { asks } = run(scripted([more(["a"]), page(["b"])]), { project_id: "proj_a", order: "ascending", limit: 7 })
    assert.deepStrictEqual(asks, [
      { after: undefined, project_id: "proj_a", order: "ascending", limit: 7 },
      { after: "a", project_id: "proj_a", order: "ascending", limit: 7 }
    ])
  })

  it("counts pages from 1, and names where to resume", () => {
    const first = Listing.start<Page>(options)
    assert("request" in first)
    assert.deepStrictEqual([first.page, first.resumeAfter], [1, undefined])
    const emitted = Listing.onPage(first.state, more(["a", "b"], "x"))
    assert("emit" in emitted)
    assert(emitted.then !== undefined && "request" in emitted.then)
    assert.deepStrictEqual([emitted.then.page, emitted.then.resumeAfter, emitted.then.request.after], [2, "b", "x"])
    const again = Listing.onFailure(emitted.then.state, failure("NotFoundError"))
    assert("request" in again)
    assert.deepStrictEqual([again.page, again.resumeAfter, again.request.after], [2, "b", undefined])
  })

  it("says with a page what comes next: a request, a failure or nothing", () => {
    const stepAfter = (given: Page) => {
      const first = Listing.start<Page>(options)
      assert("request" in first)
      const emitted = Listing.onPage(first.state, given)
      assert("emit" in emitted)
      assert.strictEqual(emitted.emit, given)
      return emitted.then
    }
    assert.isUndefined(stepAfter(page(["a"])))
    const ask = stepAfter(more(["a"]))
    assert(ask !== undefined && "request" in ask)
    const fail = stepAfter(more([], null))
    assert(fail !== undefined && "fail" in fail)
  })

  it("looks at each item of a page a few times at most, also where one comes twice", () => {
    let reads = 0
    const ids = Array.from({ length: 2000 }, (_, index) => `cp_${Math.min(index, 1998)}`)
    const given = more(ids)
    const data = given.data.map((item) => ({
      ...item,
      get id() {
        reads += 1
        return item.id
      }
    }))
    const first = Listing.start<Page>(options)
    assert("request" in first)
    const step = Listing.onPage(first.state, { ...given, data })
    assert("fail" in step && step.fail.kind === "IncompleteListingError")
    assert.include(step.fail.reason, "cp_1998")
    assert.isAtMost(reads, 10 * ids.length)
  })

  it("keeps the type and the unknown fields of a page", () => {
    interface Branded extends Page {
      readonly extra: number
    }
    const step = Listing.start<Branded>(options)
    assert("request" in step)
    const emitted = Listing.onPage(step.state, { ...more(["a", "b"]), extra: 1 })
    assert("emit" in emitted && emitted.then !== undefined && "request" in emitted.then)
    const refused = Listing.onFailure(emitted.then.state, failure("NotFoundError"))
    assert("request" in refused)
    const second = Listing.onPage(refused.state, { ...page(["b", "c"]), extra: 2 })
    assert("emit" in second)
    const { data, extra } = second.emit
    assert.deepStrictEqual([extra, data.map(({ id }) => id)], [2, ["c"]])
  })
})

describe("a failure of a request", () => {
  it("keeps the place to resume that it has", () => {
    const given = failure("ServerError", { resumeAfter: "z" })
    assert.deepStrictEqual(run(scripted([more(["a"]), given])).fail, given)
  })

  it("names none where a list cannot be resumed", () => {
    const { fail } = run(scripted([more(["a"]), failure("ServerError")]), { operation: "list-jobs" })
    assert.deepStrictEqual(fail, { ...failure("ServerError"), resumeAfter: undefined })
  })
})

describe("a state", () => {
  it("is as it was after a step, so that the same step can be taken again", () => {
    const first = Listing.start({ checkpoint: "ft:a", limit: 100 })
    assert("request" in first)
    const before = structuredClone(first.state)
    const second = Listing.onPage(first.state, more(["cp_1", "cp_2"]))
    Listing.onFailure(first.state, failure("BadRequestError", { param: "limit" }))
    assert.deepStrictEqual(first.state, before)
    assert.deepStrictEqual(Listing.onPage(first.state, more(["cp_1", "cp_2"])), second)
  })
})
