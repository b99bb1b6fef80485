import { assert, describe, it } from "vitest"
import { type Failure, maxBodySize, ofReply, type Reply } from "../src/failure.ts"
import { call, envelope, failureOf, html, key, operations, redact, reply, server } from "./support/failure.ts"

interface Row {
  readonly name: string
  readonly reply: Reply
  readonly kind: Failure["kind"]
  /** All of them, if it is left out. */
  readonly only?: ReadonlyArray<(typeof operations)[number]>
  /** A create or a delete may have been executed. */
  readonly mayHaveExecuted?: true
  /** What else is known of it, besides operation, checkpoint and status. */
  readonly known?: Readonly<Record<string, unknown>>
}

const detail = "No."

const clientErrors: ReadonlyArray<Row> = [
  { name: "400", reply: envelope(400), kind: "BadRequestError", known: { detail } },
  {
    name: "400 with param and code",
    reply: envelope(400, { param: "project_ids[0]", code: "invalid_type" }, { "x-request-id": "req_1" }),
    kind: "BadRequestError",
    known: { detail, param: "project_ids[0]", code: "invalid_type", requestId: "req_1" }
  },
  {
    name: "401",
    reply: envelope(401, { code: "invalid_api_key" }),
    kind: "AuthenticationError",
    known: { detail, code: "invalid_api_key" }
  },
  { name: "401 with nothing", reply: reply(401, ""), kind: "AuthenticationError" },
  { name: "403", reply: envelope(403), kind: "PermissionDeniedError", known: { detail } },
  { name: "403 of a proxy", reply: html(403), kind: "PermissionDeniedError" },
  {
    name: "404",
    reply: envelope(404, { code: "not_found" }),
    kind: "NotFoundError",
    known: { detail, code: "not_found" }
  },
  { name: "405", reply: envelope(405), kind: "BadRequestError", known: { detail } },
  { name: "408", reply: envelope(408), kind: "RequestTimeoutError", mayHaveExecuted: true, known: { detail } },
  { name: "409", reply: envelope(409), only: ["create", "delete"], kind: "ConflictError", known: { detail } },
  { name: "409", reply: envelope(409), only: ["list"], kind: "BadRequestError", known: { detail } },
  { name: "413 of a proxy", reply: html(413), kind: "BadRequestError" },
  { name: "422", reply: envelope(422, { param: "limit" }), kind: "BadRequestError", known: { detail, param: "limit" } },
  { name: "499", reply: envelope(499), kind: "BadRequestError", known: { detail } },
  ...[401, 403].flatMap(
    (status): ReadonlyArray<Row> => [
      {
        name: `${status} for a scope that is named`,
        reply: envelope(status, { message: "You may not. Missing scopes: api.ft.write. Ask.", code: "missing_scope" }),
        kind: "MissingScopeError",
        known: {
          detail: "You may not. Missing scopes: api.ft.write. Ask.",
          code: "missing_scope",
          scopes: ["api.ft.write"]
        }
      },
      {
        name: `${status} for scopes over two lines, without a code`,
        reply: envelope(status, { message: "MISSING SCOPE a.read,\nb-c.write_all." }),
        kind: "MissingScopeError",
        known: { detail: "MISSING SCOPE a.read,\nb-c.write_all.", scopes: ["a.read", "b-c.write_all"] }
      },
      {
        name: `${status} for scopes that are not named`,
        reply: envelope(status, { message: "Missing scopes." }),
        kind: "MissingScopeError",
        known: { detail: "Missing scopes.", scopes: [] }
      },
      {
        name: `${status} for a scope by code alone`,
        reply: envelope(status, { code: "missing_scope" }),
        kind: "MissingScopeError",
        known: { detail, code: "missing_scope", scopes: [] }
      }
    ]
  ),
  {
    name: "400 that names scopes",
    reply: envelope(400, { code: "missing_scope" }),
    kind: "BadRequestError",
    known: { detail, code: "missing_scope" }
  }
]

const quota = "insufficient_quota"
const tooMany: ReadonlyArray<Row> = [
  { name: "429", reply: envelope(429), kind: "RateLimitError", known: { detail } },
  {
    name: "429 by code",
    reply: envelope(429, { code: "rate_limit_exceeded" }),
    kind: "RateLimitError",
    known: { detail, code: "rate_limit_exceeded" }
  },
  { name: "429 with nothing", reply: reply(429, ""), kind: "RateLimitError" },
  { name: "429 of a proxy", reply: html(429), kind: "RateLimitError" },
  {
    name: "429 with Retry-After",
    reply: envelope(429, {}, { "retry-after": "5" }),
    kind: "RateLimitError",
    known: { detail, retryAfter: 5000 }
  },
  {
    name: "quota by type and code",
    reply: envelope(429, { type: quota, code: quota }),
    kind: "QuotaExhaustedError",
    known: { detail, code: quota }
  },
  {
    name: "quota by type alone",
    reply: envelope(429, { type: quota }),
    kind: "QuotaExhaustedError",
    known: { detail, code: quota }
  },
  {
    name: "quota by type with another code",
    reply: envelope(429, { type: quota, code: "slow_down" }),
    kind: "QuotaExhaustedError",
    known: { detail, code: "slow_down" }
  },
  {
    name: "quota by code alone",
    reply: envelope(429, { code: quota }),
    kind: "QuotaExhaustedError",
    known: { detail, code: quota }
  },
  {
    name: "no credit",
    reply: envelope(429, { code: "credit_balance_exhausted" }),
    kind: "QuotaExhaustedError",
    known: { detail, code: "credit_balance_exhausted" }
  },
  {
    name: "quota without a message",
    reply: reply(429, JSON.stringify({ error: { code: quota } })),
    kind: "QuotaExhaustedError",
    known: { code: quota }
  },
  {
    name: "quota as a text",
    reply: reply(429, JSON.stringify({ error: quota })),
    kind: "RateLimitError",
    known: { detail: quota }
  }
]

const serverErrors: ReadonlyArray<Row> = [
  { name: "500", reply: envelope(500), known: { detail } },
  { name: "502 with a numeric code", reply: envelope(502, { code: 502 }), known: { detail, code: "502" } },
  { name: "503 of a proxy", reply: html(503) },
  { name: "599", reply: reply(599, "") },
  {
    name: "an error that is a text",
    reply: reply(500, JSON.stringify({ error: "upstream connect error" })),
    known: { detail: "upstream connect error" }
  },
  { name: "an error that is null", reply: reply(500, JSON.stringify({ error: null })) },
  { name: "an error that is a list", reply: reply(500, JSON.stringify({ error: ["no"] })) },
  { name: "JSON that is null", reply: reply(500, "null") },
  { name: "JSON that is a list", reply: reply(500, "[]") },
  {
    name: "fields that are objects",
    reply: reply(500, JSON.stringify({ error: { message: {}, type: [], param: {}, code: true } }))
  },
  { name: "JSON that breaks off", reply: reply(500, '{"error":{"mess') },
  { name: "500 that names quota", reply: envelope(500, { code: quota }), known: { detail, code: quota } }
].map((row) => ({ ...row, kind: "ServerError", mayHaveExecuted: true }))

for (const [group, rows] of [
  ["a client's error", clientErrors],
  ["too many requests", tooMany],
  ["a server's error", serverErrors]
] as const) {
  describe(group, () => {
    it.each(rows.flatMap((row: Row) => (row.only ?? operations).map((operation) => ({ ...row, operation }))))(
      "$name, $operation: $kind",
      ({ kind, known, mayHaveExecuted, operation, reply }) => {
        const common = { kind, operation, checkpoint: "ft:a", status: reply.status, ...known }
        assert.deepStrictEqual<unknown>(failureOf(reply, operation), {
          ...common,
          mayHaveExecuted: operation !== "list" && mayHaveExecuted === true
        })
        assert.deepStrictEqual<unknown>(failureOf(reply, operation, true), { ...common, mayHaveExecuted: true })
      }
    )
  })
}

describe("x-should-retry", () => {
  it.each([
    ["true", true],
    [" TRUE ", true],
    ["false", false],
    ["False", false],
    ["maybe", undefined],
    ["", undefined]
  ])("%j is %s", (header, shouldRetry) => {
    assert.strictEqual(failureOf(envelope(409, {}, { "x-should-retry": header })).shouldRetry, shouldRetry)
  })
})

describe("a 404 that is not the API's", () => {
  const noRoute = `${server} has no such route, so the base URL is wrong`
  it.each<readonly [string, Reply, string]>([
    ["HTML", html(404), noRoute],
    ["nothing", reply(404, ""), noRoute],
    ["a text as error", reply(404, JSON.stringify({ error: "Not found" })), `${noRoute} (Not found)`],
    ["JSON of another API", reply(404, JSON.stringify({ message: "Not found" })), noRoute],
    ["an error without a message", reply(404, JSON.stringify({ error: { code: "x" } })), noRoute],
    ["a message that is a number", reply(404, JSON.stringify({ error: { message: 404 } })), `${noRoute} (404)`],
    ["an unknown route", envelope(404, { message: "Invalid URL (GET /v1/x)" }), `${noRoute} (Invalid URL (GET /v1/x))`],
    [
      "an unknown URL",
      envelope(404, { message: "Unknown request URL: GET /x." }),
      `${noRoute} (Unknown request URL: GET /x.)`
    ]
  ])("%s: the base URL is wrong, and nothing was executed", (_name, reply, reason) => {
    for (const operation of operations) {
      const failure = { kind: "InvalidResponseError", operation, checkpoint: "ft:a", status: 404, reason }
      assert.deepStrictEqual<unknown>(failureOf(reply, operation), { ...failure, mayHaveExecuted: false })
      assert.deepStrictEqual<unknown>(failureOf(reply, operation, true), { ...failure, mayHaveExecuted: true })
    }
  })

  it.each(["The Invalid URL", "No such checkpoint: Unknown request URL", "invalid url", ""])(
    "is not one whose message is %j",
    (message) => {
      assert.strictEqual(failureOf(envelope(404, { message })).kind, "NotFoundError")
    }
  )
})

describe("a redirect", () => {
  it.each([300, 301, 302, 303, 304, 307, 308, 399, 100, 199])("%i is never followed", (status) => {
    for (const operation of operations) {
      const failure = {
        kind: "InvalidResponseError",
        operation,
        checkpoint: "ft:a",
        status,
        mayHaveExecuted: operation !== "list"
      }
      assert.deepStrictEqual<unknown>(failureOf(reply(status, "{}"), operation), {
        ...failure,
        reason: `${server} answers with status ${status}; redirects are never followed`
      })
      assert.deepStrictEqual<unknown>(failureOf(reply(status, "", { location: "https://b.example" }), operation), {
        ...failure,
        reason: `${server} answers with status ${status} to https://b.example; redirects are never followed`
      })
    }
  })
})

describe("a success", () => {
  it.each([200, 201, 299])("%i is what was read", (status) => {
    assert.deepStrictEqual(ofReply(call(), reply(status, '{"a":1}'), redact), { ok: { a: 1 } })
  })

  const type = { "content-type": " text/html ; charset=utf-8" }
  const notJson = `${server} answers with a body that is not JSON`
  it.each<readonly [string, Reply, string]>([
    ["a fault", reply(200, '"bad"'), 'body: expected an object, actual "bad"'],
    ["HTML", reply(200, "\n <!doctype html>", type), `${notJson} (text/html): <!doctype html>`],
    ["JSON that breaks off", reply(200, '{"a":'), `${notJson} (no content type): {"a":`],
    ["an empty content type", reply(200, "x", { "content-type": "" }), `${notJson} (no content type): x`],
    ["long HTML", reply(200, `<${"p".repeat(100)}`, type), `${notJson} (text/html): <${"p".repeat(59)}`],
    ["nothing", reply(200, ""), `${server} answers with an empty body`],
    ["white space", reply(204, " \n", type), `${server} answers with an empty body`],
    [
      "a body that is too large",
      { ...reply(200, "{}"), complete: false },
      `the body is larger than ${maxBodySize.success} bytes`
    ]
  ])("%s is not what the API promises", (_name, reply, reason) => {
    for (const operation of operations) {
      assert.deepStrictEqual<unknown>(failureOf(reply, operation), {
        kind: "InvalidResponseError",
        operation,
        checkpoint: "ft:a",
        status: reply.status,
        mayHaveExecuted: operation !== "list",
        reason
      })
    }
  })

  it("has a reason of at most 1,000 characters", () => {
    const reasonOf = (length: number) => {
      const result = ofReply({ ...call(), read: () => ({ fault: "x".repeat(length) }) }, reply(200, "{}"), redact)
      return "reason" in result ? result.reason : ""
    }
    assert.strictEqual(reasonOf(1000), "x".repeat(1000))
    assert.strictEqual(reasonOf(1001), `${"x".repeat(1000)}…`)
  })

  it("has the size of a success, and the size of an error", () => {
    assert.deepStrictEqual(maxBodySize, { success: 33_554_432, error: 65_536 })
  })
})

describe("the key", () => {
  const far = `${" ".repeat(5000)}<p>${"x".repeat(30)}${key} and more`
  it.each<readonly [string, Reply]>([
    ["a message", envelope(401, { message: `Incorrect API key: ${key}` })],
    ["code and param", envelope(400, { code: key, param: key, message: key })],
    ["scopes", envelope(403, { message: `Missing scopes: a.${key}.b, ${key}` })],
    ["a request id", envelope(500, {}, { "x-request-id": key })],
    ["a route", envelope(404, { message: `Invalid URL ${key}` })],
    ["a redirect", reply(302, "", { location: `https://b.example/?${key}` })],
    ["a body that is cut in the middle of it", reply(200, far)],
    ["a content type", reply(200, "x", { "content-type": key })],
    ["a fault", reply(200, '"bad"')]
  ])("is taken out of %s", (_name, of) => {
    const noisy = { ...call(), read: () => ({ fault: `${"x".repeat(990)}${key}` }) }
    const result = ofReply(noisy, of, redact)
    for (const part of [key.slice(0, 12), key.slice(-12)]) assert.notInclude(JSON.stringify(result), part)
    assert.include(JSON.stringify(result), "<redacted>".slice(0, 9))
  })

  it("is taken out of a content type before that is cut at its parameters", () => {
    const odd = (text: string) => text.replaceAll("secret;key", "<redacted>")
    const result = ofReply(call(), reply(200, "x", { "content-type": "secret;key" }), odd)
    assert.notInclude(JSON.stringify(result), "secret")
  })
})
