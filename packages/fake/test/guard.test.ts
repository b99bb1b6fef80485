import { clock, emulator, type http } from "@checkpoint-permissions/fake"
import { assert, describe, it } from "vitest"
import { replyOf } from "./support.ts"

const statusOf = (options: { readonly host?: string; readonly url?: string }): number => {
  const { host, url = "/__fake/health" } = options
  const outcomes: Array<http.Outcome> = []
  emulator.make({}, clock.manual()).receive(
    {
      method: "GET",
      url,
      path: "/__fake/health",
      query: [],
      headers: host === undefined ? {} : { host },
      body: ""
    },
    (outcome) => outcomes.push(outcome)
  )
  const [outcome] = outcomes
  assert(outcome !== undefined)
  return replyOf(outcome).status
}

describe("control routes answer to the names of this machine", () => {
  it.each(["localhost", "LOCALHOST:4010", "127.0.0.1:1", "127.1.2.3", "[::1]", "[::1]:4010"])("%s", (host) => {
    assert.strictEqual(statusOf({ host }), 200)
    assert.strictEqual(statusOf({ host: "127.0.0.1:4010", url: `http://${host}/__fake/health` }), 200)
  })

  it.each([
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example:80",
    "[::2]:4010",
    "[::1].evil.example",
    "0.0.0.0",
    "localhost:80@evil.example",
    ""
  ])("not to %j, in the header or in a whole URL", (host) => {
    assert.strictEqual(statusOf({ host }), 403)
    assert.strictEqual(statusOf({ host: "127.0.0.1:4010", url: `http://${host}/__fake/health` }), 403)
  })

  it("in-process, where no host is named, the URL may be any", () => {
    assert.strictEqual(statusOf({ url: "https://api.openai.com/__fake/health" }), 200)
  })
})
