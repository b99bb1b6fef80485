import fc from "fast-check"
import { assert, describe, it } from "vitest"
import type { Failure } from "../src/failure.ts"
import { duration, message } from "../src/messages.ts"

const list = { operation: "list", mayHaveExecuted: false } as const

describe("a duration", () => {
  it.each([
    [0, "0ms"],
    [0.4, "0ms"],
    [1.5, "2ms"],
    [999.4, "999ms"],
    [999.6, "1s"],
    [1000, "1s"],
    [1049, "1s"],
    [2500, "2.5s"],
    [2500.000001, "2.5s"],
    [59_949, "59.9s"],
    [59_960, "1m"],
    [60_000, "1m"],
    [61_400, "1m 1s"],
    [119_999, "2m"],
    [3_600_000, "1h"],
    [3_661_000, "1h 1m 1s"],
    [86_400_000, "1d"],
    [90_061_000, "1d 1h 1m 1s"],
    [Number.POSITIVE_INFINITY, "any time"]
  ])("of %d ms is %s", (millis, text) => {
    assert.strictEqual(duration(millis), text)
  })

  it("has no fractions of milliseconds", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e12, noNaN: true }), (millis) => {
        assert.match(duration(millis), /^(\d+ms|\d+(\.\d)?s|(\d+d)?( ?\d+h)?( ?\d+m)?( ?\d+s)?)$/)
      })
    )
  })
})

describe("a message", () => {
  it.each<readonly [Failure, string]>([
    [
      { ...list, kind: "InvalidInputError", field: "limit", reason: "limit is 0: pass a positive whole number" },
      "list: invalid limit: limit is 0: pass a positive whole number"
    ],
    [{ ...list, kind: "InvalidInputError", field: "", reason: "" }, "list: invalid input"],
    [
      { ...list, kind: "ConnectionError", checkpoint: "ft:a", reason: "ECONNREFUSED", server: "https://a.example/v1" },
      "list ft:a: no connection to https://a.example/v1: ECONNREFUSED; check the address, the proxy and the network"
    ],
    [
      { ...list, kind: "ConnectionError", reason: "ECONNRESET", server: "https://a.example/v1", sent: true },
      "list: the connection to https://a.example/v1 broke before a reply came: ECONNRESET; " +
        "check the address, the proxy and the network"
    ],
    [
      {
        kind: "ConnectionError",
        operation: "create",
        mayHaveExecuted: true,
        reason: "ECONNRESET",
        server: "https://a.example/v1",
        sent: true
      },
      "create: the connection to https://a.example/v1 broke before a reply came: ECONNRESET; " +
        "it may have been carried out anyway: list before you try again"
    ],
    [
      {
        kind: "ConnectionError",
        operation: "delete",
        mayHaveExecuted: true,
        reason: "ECONNREFUSED",
        server: "https://a.example/v1",
        sent: false,
        attempts: 2
      },
      "delete: no connection to https://a.example/v1: ECONNREFUSED (2 attempts); " +
        "an earlier attempt may have been carried out: list before you try again"
    ],
    [
      { ...list, kind: "ConnectionError", reason: "ECONNRESET", server: "https://a.example/v1", status: 200 },
      "list: the connection to https://a.example/v1 broke off: ECONNRESET (status 200)"
    ],
    [
      { ...list, kind: "ConnectionError", reason: "" },
      "list: no connection to the server; check the address, the proxy and the network"
    ],
    [
      {
        ...list,
        kind: "InvalidResponseError",
        reason: "https://a.example has no such route, so the base URL is wrong",
        status: 404
      },
      "list: the reply is not what the API promises: https://a.example has no such route, so the base URL is wrong " +
        "(status 404); check that the base URL is the API's (OPENAI_BASE_URL)"
    ],
    [
      {
        ...list,
        kind: "RateLimitError",
        status: 429,
        retryAfter: 61_000,
        attempts: 2,
        waited: 2500,
        resumeAfter: "cp_z"
      },
      "list: too many requests (status 429, 2 attempts in 2.5s); try again in 1m 1s, as the server asked; resume after cp_z"
    ],
    [
      { ...list, kind: "RateLimitError", retryAfter: 106_000 },
      "list: too many requests; the pace holds requests back: try again in 1m 46s"
    ],
    [{ ...list, kind: "RequestTimeoutError", timeout: 30_000 }, "list: no answer within 30s"],
    [
      { ...list, kind: "NotFoundError", status: 404, resumeAfter: "cp_z" },
      "list: no such checkpoint (status 404); check the id and that the key is of its organization"
    ],
    [
      { ...list, kind: "IncompleteListingError", reason: "a cursor came twice", received: 300, resumeAfter: "cp_z" },
      "list: the listing cannot be trusted after 300 permissions: a cursor came twice; resume after cp_z"
    ],
    [
      {
        kind: "ServerError",
        operation: "create",
        mayHaveExecuted: true,
        checkpoint: "ft:a",
        status: 502,
        detail: "Bad\ngateway"
      },
      "create ft:a: the server failed: Bad gateway (status 502); it may have been carried out anyway: list before you try again"
    ]
  ])("reads %#", (failure, line) => {
    assert.strictEqual(message(failure), line)
  })

  const short: ReadonlyArray<readonly [Failure, string]> = [
    [
      { ...list, kind: "BadRequestError", status: 400, detail: "no" },
      "the server rejected the request: no (status 400)"
    ],
    [
      { ...list, kind: "AuthenticationError", status: 401, code: "invalid_api_key" },
      "the server rejected the key (status 401, code invalid_api_key); " +
        "check the admin key (OPENAI_ADMIN_KEY) and the organization"
    ],
    [
      { ...list, kind: "MissingScopeError", status: 401, scopes: ["a.read", "a.write"] },
      "the key lacks a.read, a.write (status 401); use an admin key that has it"
    ],
    [
      { ...list, kind: "MissingScopeError", status: 403, scopes: [] },
      "the key lacks a scope (status 403); use an admin key that has it"
    ],
    [{ ...list, kind: "PermissionDeniedError", status: 403 }, "the key is not allowed to do this (status 403)"],
    [
      { ...list, kind: "NotFoundError", status: 404, requestId: "req_1" },
      "no such checkpoint (status 404, request req_1); check the id and that the key is of its organization"
    ],
    [
      { ...list, kind: "ConflictError", status: 409, param: "project_ids" },
      "the server reports a conflict (status 409, param project_ids)"
    ],
    [
      { ...list, kind: "RateLimitError", status: 429, attempts: 1 },
      "too many requests (status 429); try again in a minute"
    ],
    [
      { ...list, kind: "RateLimitError", attempts: 5, waited: 120_000 },
      "too many requests (5 attempts in 2m); try again in a minute"
    ],
    [
      { ...list, kind: "QuotaExhaustedError", status: 429, code: "insufficient_quota" },
      "the organization's quota or credit is used up (status 429, code insufficient_quota); " +
        "check your plan and billing; retrying does not help"
    ],
    [{ ...list, kind: "ServerError", status: 502 }, "the server failed (status 502)"],
    [{ ...list, kind: "RequestTimeoutError", status: 408 }, "the server took too long (status 408)"]
  ]

  it.each(short)("of a list reads %#", (failure, line) => {
    assert.strictEqual(message(failure), `list: ${line}`)
  })

  it("of a delete that finds nothing may mean the permission or the checkpoint", () => {
    const failure = { kind: "NotFoundError", operation: "delete", mayHaveExecuted: false, status: 404 } as const
    assert.match(message(failure), /^delete: no such permission or checkpoint \(status 404\); check the id/)
  })

  describe.each(short.map(([failure]) => failure))("of $kind", (failure) => {
    const all = {
      status: 418,
      code: "teapot",
      param: "after",
      requestId: "req_1",
      attempts: 3,
      waited: 90_000
    } as const
    const resumed = failure.kind !== "BadRequestError" && failure.kind !== "NotFoundError"

    it("keeps what is known and what to do, however long each text is", () => {
      const said = message({ ...failure, ...all, resumeAfter: "cp_z", detail: "x".repeat(100_000) })
      assert.match(said, / \(status 418, code teapot, param after, request req_1, 3 attempts in 1m 30s\)/)
      assert.strictEqual(said.endsWith("; resume after cp_z"), resumed)
      assert.isAtMost(said.length, 2600)
    })

    it("shows ids of 512 characters whole", () => {
      const [checkpoint, id] = [`ft:${"y".repeat(509)}`, `cp_${"x".repeat(509)}`]
      const said = message({ ...failure, checkpoint, resumeAfter: id })
      assert.include(said, `list ${checkpoint}: `)
      assert.strictEqual(said.endsWith(`; resume after ${id}`), resumed)
    })

    it("leaves out what is empty", () => {
      const empty = { checkpoint: "", detail: " ", code: "", param: "", requestId: "", status: undefined } as const
      const said = message({ ...failure, ...empty, attempts: undefined, waited: undefined })
      assert.match(said, /^list: [^:]+$/)
      assert.notMatch(said, / \((status|code|param|request|\d+ attempts)/)
    })

    it("says first what to do about work that may have been done", () => {
      for (const operation of ["create", "delete"] as const) {
        const said = message({ ...failure, operation, mayHaveExecuted: true })
        assert.match(
          said,
          /; (it may have been carried out anyway|an earlier attempt may have been carried out): list before you try again$/
        )
        assert.notMatch(said, /try again in/)
      }
    })
  })

  it("cuts a long text between characters, and marks what it cut", () => {
    for (const detail of ["\u{1f600}".repeat(1000), `x${"\u{1f600}".repeat(1000)}`, `a${" ".repeat(2000)}b`]) {
      const said = message({ ...list, kind: "BadRequestError", detail })
      assert.isFalse(/\p{Cs}/u.test(said))
      assert.match(said, /…$/u)
    }
    assert.match(message({ ...list, kind: "BadRequestError", detail: `${" ".repeat(2000)}b ` }), /: b$/)
  })

  it("spells out what cannot be seen", () => {
    const detail = "a\u001b[31mb\u202ec\u0085d\u{e0041}e\ud800f"
    assert.include(
      message({ ...list, kind: "BadRequestError", detail }),
      ": a\\u001b[31mb\\u202ec\\u0085d\\u{e0041}e\\ud800f"
    )
  })

  it("is one line, whatever the server sent", () => {
    const text = fc.string({ unit: "binary", maxLength: 60 })
    fc.assert(
      fc.property(text, text, text, text, text, (detail, code, requestId, reason, server) => {
        const line = message({
          ...list,
          kind: "ConnectionError",
          detail,
          code,
          requestId,
          reason,
          server,
          checkpoint: code
        })
        assert.isFalse(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(line), line)
        assert.isTrue(line.startsWith("list"))
      })
    )
  })
})
