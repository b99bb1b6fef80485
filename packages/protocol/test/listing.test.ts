import { assert, describe, it } from "vitest"
import * as Listing from "../src/listing.ts"
import type { Page } from "../src/wire.ts"
import { failure, more, options, page, run, scripted } from "./support/listing.ts"

/** The table of `contract/src/cases/listing.ts` has the results of pages; these are properties that a table does not show. */
describe("a step", () => {
  it("leaves its state as it is: the same reply leads to the same step again", () => {
    const replies = [more(["a", "b"]), page([]), page(["b"]), failure("NotFoundError")]
    const walk = (state: Listing.State<Page>, depth: number): void => {
      for (const reply of replies) {
        const next = () => ("kind" in reply ? Listing.onFailure(state, reply) : Listing.onPage(state, reply))
        const step = next()
        const after = "emit" in step ? step.then : step
        if (depth > 0 && after !== undefined && "state" in after) walk(after.state, depth - 1)
        assert.deepStrictEqual(next(), step)
      }
    }
    const first = Listing.start<Page>({ ...options, after: "x" })
    assert("state" in first)
    walk(first.state, 4)
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
  it("names no place to resume if a list cannot be resumed", () => {
    const { fail } = run(scripted([more(["a"]), failure("ServerError")]), { operation: "list-jobs" })
    assert.deepStrictEqual(fail, { ...failure("ServerError"), resumeAfter: undefined })
  })
})
