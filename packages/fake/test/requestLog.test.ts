import { faults, http, InvalidSetting, makeFetch } from "@checkpoint-permissions/fake"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { authorized, checkpoint, granting, permissionsUrl } from "./support.ts"

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

  const many = "p".repeat(6_000_000)
  const headers = { ...authorized, "x-large": many }

  it.each([
    ["bodies", permissionsUrl, granting(many), 2],
    ["headers", permissionsUrl, { headers }, 2],
    // an URL is kept as it was written, and its query and path as they were read
    ["values of a query", `${permissionsUrl}?a=${many}`, { headers: authorized }, 1],
    ["paths", `https://fake.example/v1/${many}`, { headers: authorized }, 1],
    ["one that is larger than that", permissionsUrl, { headers: { ...headers, a: many, b: many } }, 1]
  ] as const)("hold 16 million characters of %s at most", async (_, url, init, kept) => {
    const fetch = makeFetch()
    for (let i = 0; i < 4; i++) await fetch(url, init)
    assert.lengthOf(fetch.requests(), kept)
    assert.strictEqual(fetch.requests().at(-1)?.requestId.slice(-1), "4")
    fetch.clearRequests()
    for (let i = 0; i < 4; i++) await fetch(permissionsUrl, granting(`proj_${i}`))
    assert.lengthOf(fetch.requests(), 4)
  })

  it.each([
    ["names", Array.from({ length: 20_000 }, (_, i) => i.toString(36)).join("&")],
    ["values", "a&".repeat(20_000)]
  ])("short %s of a query count for more than their characters", async (_, query) => {
    const fetch = makeFetch()
    for (let i = 0; i < 26; i++) await fetch(`${permissionsUrl}?${query}`, { headers: authorized })
    assert.isBelow(fetch.requests().length, 26)
  })

  it("servers of their own share the room: the one that takes most of it forgets first", async () => {
    const fetch = makeFetch()
    const origin = "https://fake.example"
    const json = async (response: Promise<Response>) => JSON.parse(await (await response).text())
    const server = async (): Promise<string> =>
      (await json(fetch(`${origin}/__fake/servers`, { method: "POST" }))).controlUrl
    const seen = async (url: string): Promise<number> => (await json(fetch(`${url}/requests`))).data.length
    const [small, ...large] = [await server(), await server(), await server()]
    await fetch(`${small}/v1/models`, { headers: authorized })
    for (const url of large) for (let i = 0; i < 2; i++) await fetch(`${url}/v1/models`, { headers })
    assert.deepStrictEqual([await seen(small), await seen(large[0] ?? ""), await seen(large[1] ?? "")], [1, 1, 1])
    await fetch(large[0] ?? "", { method: "DELETE" })
    await fetch(`${large[1]}/v1/models`, { headers })
    assert.deepStrictEqual([await seen(small), await seen(large[1] ?? "")], [1, 2])
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

describe("formatRequests", () => {
  it("has a line for each, with the time since the first, and what became of it", async () => {
    const fetch = makeFetch({ behavior: { latency: 1500 }, clock: "manual" })
    fetch.inject([faults.dropAfter(), faults.error(503)])
    const ask = (query: string, init = {}) => void fetch(`${permissionsUrl}${query}`, init).catch(() => {})
    ask("", granting("proj_a"))
    await fetch.advance(1500)
    ask("?limit=2&order=asc", { headers: authorized })
    await fetch.advance(1500)
    const leaves = new AbortController()
    ask("?order=a&order=%1B%0A", { headers: authorized, signal: leaves.signal })
    await fetch.awaitRequests(3)
    leaves.abort()
    ask("?after=sk-a%2Bb%2F&limit=sk-a%2Bb%2F", { headers: { authorization: "Bearer sk-a+b/" } })
    await fetch.awaitRequests(4)
    const path = `/v1/fine_tuning/checkpoints/${checkpoint}/permissions`
    assert.deepStrictEqual(http.formatRequests(fetch.requests()).split("\n"), [
      "The fake saw 4 requests",
      `  +0ms POST ${path}: dropped, fault DropAfter`,
      `  +1500ms GET ${path}?limit=2&order=asc: 503, fault Reply`,
      `  +3s GET ${path}?order=a&order=%1B%0A: abandoned`,
      `  +3s GET ${path}?after=<redacted>&limit=<redacted>: pending`
    ])
  })

  it("ends with the faults that affected no request, if they are passed", async () => {
    const fetch = makeFetch({ faults: faults.scripted([{ fault: faults.error(503), operation: "list", nth: 2 }]) })
    fetch.inject(faults.html(), { operation: "create", checkpoint: "ft:b" })
    await fetch(permissionsUrl, { headers: authorized })
    const text = () =>
      http
        .formatRequests(fetch.requests(), fetch.unusedFaults())
        .split("\n")
        .filter((line) => line.startsWith("No"))
    assert.deepStrictEqual(text(), ["No request matched Html 200 (create, ft:b); Reply 503 (list, nth 2)"])
    await fetch(permissionsUrl, { headers: authorized })
    assert.deepStrictEqual(text(), ["No request matched Html 200 (create, ft:b)"])
    fetch.setFaults(faults.none)
    assert.deepStrictEqual(text(), [])
  })

  it("shows the last fifty", async () => {
    const fetch = makeFetch()
    assert.strictEqual(http.formatRequests(fetch.requests()), "The fake saw 0 requests")
    for (let i = 1; i <= 51; i++) await fetch(`${permissionsUrl}?limit=${i}`, { headers: authorized })
    const [head, first, ...others] = http.formatRequests(fetch.requests()).split("\n")
    assert.strictEqual(head, "The fake saw 51 requests, of which the last 50")
    assert.include(first, "limit=2:")
    assert.lengthOf(others, 49)
  })
})
