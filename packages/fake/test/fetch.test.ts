import { faults, makeFetch } from "@checkpoint-permissions/fake"
import { afterEach, assert, describe, it, vi } from "vitest"
import { authorized, checkpoint, granting, permissionsUrl, projectsOf, rejection } from "./support.ts"

const get = { headers: authorized }

const codeOf = (error: unknown): unknown =>
  error instanceof Error && error.cause instanceof Error && "code" in error.cause ? error.cause.code : undefined

/** Whether a promise is settled yet. */
const isSettled = async (promise: Promise<unknown>): Promise<boolean> => {
  const pending = {}
  const first = await Promise.race([promise.catch(() => {}), new Promise((resolve) => setImmediate(resolve, pending))])
  return first !== pending
}

afterEach(() => {
  vi.useRealTimers()
})

describe("makeFetch: requests", () => {
  it("takes a string, a URL and a Request, at any host", async () => {
    const fetch = makeFetch({ seed: { [checkpoint]: ["proj_a"] } })
    const encoded = `http://localhost:1/v1/fine_tuning/checkpoints/${encodeURIComponent(checkpoint)}/permissions`
    for (const input of [permissionsUrl, new URL(encoded), new Request(permissionsUrl, get)]) {
      const response = await fetch(input, get)
      assert.strictEqual(response.status, 200)
      assert.deepStrictEqual(projectsOf(await response.json()), ["proj_a"])
    }
    assert.deepStrictEqual(
      fetch.requests().map(({ url }) => url),
      [permissionsUrl, encoded, permissionsUrl]
    )
  })

  const at = (base: string) => `${base}/fine_tuning/checkpoints/${checkpoint}/permissions`

  it.each([
    ["/v1 at any host by default", undefined, "https://api.openai.com/v1", "https://api.openai.com/openai/v1"],
    ["nothing before it by default", undefined, "http://localhost/v1", "http://localhost/v1/v1"],
    ["another path", "/openai/v1/", "https://any.example/openai/v1", "https://any.example/v1"],
    ["no path", "https://fake.example", "https://fake.example", "https://fake.example/v1"],
    ["a whole URL", "https://fake.example:443/v1", "https://FAKE.example/v1", "https://fake.example/v2"]
  ])("answers under its base URL: %s; elsewhere 404 in OpenAI's words", async (_, baseUrl, right, wrong) => {
    const fetch = makeFetch({ baseUrl })
    assert.strictEqual((await fetch(at(right), get)).status, 200)
    const reply = await fetch(at(wrong), get)
    assert.strictEqual(reply.status, 404)
    assert.match(await reply.text(), /"message":"Invalid URL \(GET \//)
    assert.strictEqual(fetch.requests()[1]?.operation, undefined)
  })

  it.each(["https://api.openai.com/v1", "http://fake.example/v1", "https://fake.example:8080/v1"])(
    "at %s there is no server if its base URL names another",
    async (elsewhere) => {
      const fetch = makeFetch({ baseUrl: "https://fake.example/v1" })
      assert.strictEqual(codeOf(await rejection(fetch(at(elsewhere), granting("proj_a")))), "ENOTFOUND")
      assert.deepStrictEqual(fetch.projects(checkpoint), [])
      assert.deepInclude(fetch.requests()[0], { outcome: "dropped", operation: undefined })
    }
  )

  it.each(["", "v1", "ftp://fake.example/v1", "https://", "https://u:p@fake.example/v1", "/v1?a=1"])(
    "the base URL %j is refused",
    (baseUrl) => {
      assert.throws(
        () => makeFetch({ baseUrl }),
        /^options\.baseUrl: expected a URL such as "https:\/\/fake.example\/v1", or a path/
      )
    }
  )

  it("reads a body that is bytes, a stream, or a Request's", async () => {
    const fetch = makeFetch()
    const body = new TextEncoder().encode('{"project_ids":["proj_é"]}')
    const stream = new ReadableStream({
      start: (controller) => {
        for (const byte of body) controller.enqueue(Uint8Array.of(byte))
        controller.close()
      }
    })
    const { headers } = granting()
    await fetch(permissionsUrl, { method: "POST", headers: headers ?? {}, body })
    await fetch(permissionsUrl, { method: "POST", headers: headers ?? {}, body: stream, duplex: "half" })
    await fetch(new Request(permissionsUrl, { method: "POST", headers: headers ?? {}, body }))
    assert.deepStrictEqual(
      fetch.requests().map(({ body, status }) => `${status} ${body}`),
      Array.from({ length: 3 }, () => '200 {"project_ids":["proj_é"]}')
    )
    assert.deepStrictEqual(fetch.projects(checkpoint), ["proj_é"])
  })

  it("rejects what fetch rejects, and the server does not see it", async () => {
    const fetch = makeFetch()
    assert.instanceOf(await rejection(fetch("/v1/models")), TypeError)
    assert.instanceOf(await rejection(fetch(permissionsUrl, { method: "GET", body: "x" })), TypeError)
    assert.deepStrictEqual(fetch.requests(), [])
  })
})

describe("makeFetch: what goes wrong", () => {
  it("a lost reply is a TypeError whose cause has a code; it is executed", async () => {
    const fetch = makeFetch()
    fetch.inject(faults.dropAfter())
    const error = await rejection(fetch(permissionsUrl, granting("proj_a")))
    assert.instanceOf(error, TypeError)
    assert.strictEqual(error.message, "fetch failed")
    assert.strictEqual(codeOf(error), "ECONNRESET")
    assert.deepStrictEqual(fetch.projects(checkpoint), ["proj_a"])
    assert.strictEqual(fetch.requests()[0]?.outcome, "dropped")
  })

  it.each([
    ["breaks off", faults.truncatedBody(), "UND_ERR_SOCKET"],
    ["is not gzip", faults.falseGzip, "Z_DATA_ERROR"]
  ] as const)("a body that %s rejects with a TypeError whose cause has a code", async (_, fault, code) => {
    const fetch = makeFetch()
    fetch.inject(fault)
    const error = await rejection((await fetch(permissionsUrl, get)).text())
    assert.instanceOf(error, TypeError)
    assert.deepStrictEqual([error.message, codeOf(error)], ["terminated", code])
  })

  it("a redirect leads nowhere, unless it is not followed", async () => {
    const fetch = makeFetch()
    fetch.inject(faults.redirect("https://elsewhere.example/"), { times: 2 })
    assert.strictEqual(codeOf(await rejection(fetch(permissionsUrl, get))), "ENOTFOUND")
    const response = await fetch(permissionsUrl, { ...get, redirect: "manual" })
    assert.strictEqual(response.status, 307)
    assert.strictEqual(response.headers.get("location"), "https://elsewhere.example/")
  })
})

describe("makeFetch: AbortSignal", () => {
  it("aborted before: nothing is sent", async () => {
    const fetch = makeFetch()
    const reason = new Error("no longer wanted")
    assert.strictEqual(await rejection(fetch(permissionsUrl, { ...get, signal: AbortSignal.abort(reason) })), reason)
    assert.strictEqual(
      await rejection(fetch(new Request(permissionsUrl, { ...get, signal: AbortSignal.abort(reason) }))),
      reason
    )
    assert.deepStrictEqual(fetch.requests(), [])
  })

  it("aborted while it waits: not executed, and recorded as abandoned", async () => {
    const fetch = makeFetch({ behavior: { latency: 5000 }, clock: "manual" })
    const controller = new AbortController()
    const reply = rejection(fetch(permissionsUrl, { ...granting("proj_a"), signal: controller.signal }))
    await fetch.awaitRequests(1)
    await fetch.advance(1000)
    controller.abort()
    const error = await reply
    assert.instanceOf(error, DOMException)
    assert.strictEqual(error.name, "AbortError")
    await fetch.advance(60_000)
    assert.deepStrictEqual(fetch.projects(checkpoint), [])
    assert.strictEqual(fetch.requests()[0]?.outcome, "abandoned")
    assert.strictEqual(fetch.requests()[0]?.answeredAt, 1000)
  })

  it("aborted in a body that never ends: the body rejects", async () => {
    const fetch = makeFetch({ clock: "manual" })
    fetch.inject(faults.endless({ chunk: 10, every: 1000 }))
    const controller = new AbortController()
    const text = rejection((await fetch(permissionsUrl, { ...get, signal: controller.signal })).text())
    await fetch.advance(10_000)
    controller.abort()
    assert.instanceOf(await text, DOMException)
  })
})

describe("makeFetch: time", () => {
  const rate = { requests: 1, per: 60_000 }

  it("the real clock: Date.now and setTimeout as they are at each call, fake ones too", async () => {
    const fetch = makeFetch({ behavior: { latency: 30_000, rate: { ...rate, countRefused: false } } })
    vi.useFakeTimers({ now: 1_700_000_000_000 })
    const first = fetch(permissionsUrl, granting("proj_a"))
    await vi.advanceTimersByTimeAsync(29_999)
    assert.deepStrictEqual(fetch.projects(checkpoint), [])
    await vi.advanceTimersByTimeAsync(1)
    assert.strictEqual((await first).status, 200)
    assert.strictEqual(fetch.permissions(checkpoint)[0]?.created_at, 1_700_000_030)
    const statuses: Array<number> = []
    for (const wait of [0, 20_000, 10_000]) {
      await vi.advanceTimersByTimeAsync(wait)
      const reply = fetch(permissionsUrl, granting("proj_b"))
      await vi.advanceTimersByTimeAsync(30_000)
      statuses.push((await reply).status)
    }
    assert.deepStrictEqual(statuses, [429, 200, 429])
    assert.strictEqual(fetch.now(), Date.now())
  })

  it("the manual clock: what a client does on a reply in between happens at its time", async () => {
    const fetch = makeFetch({ behavior: { latency: 100 }, clock: "manual" })
    const client = (async () => {
      for (let i = 0; i < 5; i++) await (await fetch(permissionsUrl, get)).json()
    })()
    await fetch.advance(250)
    assert.isFalse(await isSettled(client))
    assert.deepStrictEqual(
      fetch.requests().map(({ time }) => time),
      [0, 100, 200]
    )
    await fetch.advance(250)
    await client
    assert.strictEqual(fetch.now(), 500)
  })
})

describe("makeFetch: controls", () => {
  it("reset: everything as at the start, ids too; what was under way is dropped", async () => {
    const fetch = makeFetch({
      seed: { [checkpoint]: ["proj_a"] },
      behavior: { rate: { requests: 2, per: 60_000 } },
      faults: faults.scripted([{ fault: faults.error(500), operation: "list" }]),
      clock: "manual"
    })
    const run = async () => [
      (await fetch(permissionsUrl, get)).status,
      await (await fetch(permissionsUrl, granting("proj_b"))).json(),
      (await fetch(permissionsUrl, get)).headers.get("x-request-id")
    ]
    const first = await run()
    fetch.setBehavior({ latency: 1000, regrant: "second" })
    const late = rejection(fetch(permissionsUrl, granting("proj_c")))
    await fetch.awaitRequests(4)
    fetch.reset()
    assert.deepStrictEqual(await run(), first)
    await fetch.advance(1000)
    assert.strictEqual(codeOf(await late), "ECONNRESET")
    assert.deepStrictEqual(fetch.projects(checkpoint), ["proj_a", "proj_b"])
    assert.lengthOf(fetch.requests(), 3)
  })
})
