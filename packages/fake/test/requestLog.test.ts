import { InvalidSetting, makeFetch } from "@checkpoint-permissions/fake"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { authorized, granting, permissionsUrl } from "./support.ts"

describe("the requests that are kept", () => {
  it("are the newest, so many as was said; all are counted", () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 12 }), async (keptRequests, sent) => {
        const fetch = makeFetch({ keptRequests })
        const all = fetch.awaitRequests(sent)
        for (let i = 0; i < sent; i++) await fetch(`${permissionsUrl}?limit=${i + 1}`, { headers: authorized })
        await all
        const expected = Array.from({ length: sent }, (_, i) => String(i + 1)).slice(-keptRequests)
        assert.deepStrictEqual(
          fetch.requests().map(({ query }) => query["limit"]),
          expected
        )
      })
    ))

  it("hold 16 million characters of bodies at most", async () => {
    const fetch = makeFetch()
    const large = granting("p".repeat(6_000_000))
    for (let i = 0; i < 4; i++) await fetch(permissionsUrl, large)
    assert.lengthOf(fetch.requests(), 2)
    fetch.clearRequests()
    for (let i = 0; i < 4; i++) await fetch(permissionsUrl, granting(`proj_${i}`))
    assert.lengthOf(fetch.requests(), 4)
  })

  it("a request that was forgotten before its reply stays so", async () => {
    const fetch = makeFetch({ keptRequests: 1, behavior: { latency: 1000 }, clock: "manual" })
    const slow = fetch(permissionsUrl, { headers: authorized })
    await fetch.awaitRequests(1)
    const other = fetch(`${permissionsUrl}?limit=2`, { headers: authorized })
    await fetch.awaitRequests(2)
    await fetch.advance(2000)
    await Promise.all([slow, other])
    assert.deepStrictEqual(
      fetch.requests().map(({ query, status }) => [query["limit"], status]),
      [["2", 200]]
    )
  })

  it.each([0, 2.5, Number.NaN])("keptRequests: %s is refused", (keptRequests) => {
    assert.throws(() => makeFetch({ keptRequests }), InvalidSetting, /^options\.keptRequests: expected a whole number/)
  })
})
