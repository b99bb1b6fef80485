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
        "it may have been carried out all the same: list before trying again"
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
        "an attempt before may have been carried out all the same: list before trying again"
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
      "list: too many requests (status 429, 2 attempts in 2.5s); try again in 1m 1s, as the server asks; resume after cp_z"
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
      "create ft:a: the server failed: Bad gateway (status 502); it may have been carried out all the same: list before trying again"
    ]
  ])("reads %#", (failure, line) => {
    assert.strictEqual(message(failure), line)
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
