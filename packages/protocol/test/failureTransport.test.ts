import { assert, describe, it } from "vitest"
import { type Failure, ofTimeout, ofTransport } from "../src/failure.ts"
import { call, key, known, operations, redact, reply, server } from "./support/failure.ts"

const coded = (code: string, more: object = {}) => Object.assign(new Error("it failed"), { code, ...more })
const within = (cause: unknown) => new TypeError("fetch failed", { cause })

type Row = readonly [name: string, cause: unknown, reason: string]

const certificates = [
  ...["CERT_HAS_EXPIRED", "DEPTH_ZERO_SELF_SIGNED_CERT", "SELF_SIGNED_CERT_IN_CHAIN"],
  ...["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "ERR_TLS_CERT_ALTNAME_INVALID"]
]
const unresolved = ["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL"]
const unconnected = ["ECONNREFUSED", "UND_ERR_CONNECT_TIMEOUT", "ConnectionRefused"]

const neverSent: ReadonlyArray<Row> = [
  ...[...unresolved, ...unconnected, ...certificates].map((code): Row => [code, coded(code), code]),
  ...["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "EADDRNOTAVAIL"].map(
    (code): Row => [`${code} on connecting`, coded(code, { syscall: "connect" }), code]
  ),
  ["within fetch", within(coded("ECONNREFUSED")), "ECONNREFUSED"],
  [
    "from every address",
    Object.assign(new AggregateError([coded("ECONNREFUSED"), coded("ETIMEDOUT", { syscall: "connect" })]), {
      code: "EPIPE"
    }),
    "ECONNREFUSED, ETIMEDOUT"
  ],
  [
    "through a proxy that refuses the tunnel",
    within(
      Object.assign(new Error("Request was cancelled."), {
        code: 0,
        cause: coded("UND_ERR_ABORTED", { message: "Proxy response (407) !== 200 when HTTP Tunneling" })
      })
    ),
    "the proxy refused with status 407"
  ],
  ["a code in a plain object", { code: "ECONNREFUSED", cause: null, errors: [] }, "ECONNREFUSED"]
]

const perhapsSent: ReadonlyArray<Row> = [
  [
    "one address refusing and one resetting",
    new AggregateError([coded("ECONNREFUSED"), coded("ECONNRESET")]),
    "ECONNREFUSED, ECONNRESET"
  ],
  ...["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "EADDRNOTAVAIL"].flatMap(
    (code): ReadonlyArray<Row> => [
      [`${code} on reading`, coded(code, { syscall: "read" }), code],
      [`${code} on an unknown call`, coded(code), code]
    ]
  ),
  ["ECONNRESET on connecting", coded("ECONNRESET", { syscall: "connect" }), "ECONNRESET"],
  ["an unknown code", coded("E_NOBODY_KNOWS"), "E_NOBODY_KNOWS"],
  ["a code that is a number", Object.assign(new Error("odd"), { code: 7 }), "odd"],
  ["an error without a code", new Error("socket hang up"), "socket hang up"],
  ["an object with a name alone", { name: "AbortError" }, "AbortError"],
  ["an object with nothing", {}, "unknown cause"],
  ["a text", "ECONNREFUSED", "ECONNREFUSED"],
  ["nothing", undefined, "undefined"],
  ["null", null, "null"],
  ["a list of errors that is a text", { errors: "none", message: "odd" }, "odd"],
  ["the same from two addresses", new AggregateError([coded("EPIPE"), coded("EPIPE")]), "EPIPE"],
  ["more than three", new AggregateError(["A", "B", "C", "D"].map((code) => coded(code))), "A, B, C"],
  ["a decompression that failed before a reply", coded("Z_DATA_ERROR"), "Z_DATA_ERROR"]
]

describe.each([
  ["never sent", neverSent, false],
  ["perhaps sent", perhapsSent, true]
] as const)("a request that was %s", (_what, rows, sent) => {
  it.each(rows)("%s", (_name, cause, reason) => {
    for (const operation of operations) {
      const failure = { kind: "ConnectionError", operation, checkpoint: "ft:a", server, reason, sent }
      for (const earlier of [false, true]) {
        const mayHaveExecuted = earlier || (operation !== "list" && sent)
        const { cause: _, ...found } = known(ofTransport(call(operation, earlier), cause, redact))
        assert.deepStrictEqual<unknown>(found, { ...failure, mayHaveExecuted })
      }
    }
  })
})

describe("causes", () => {
  const nested = (depth: number): unknown => (depth === 0 ? coded("ECONNREFUSED") : within(nested(depth - 1)))
  const reasonOf = (cause: unknown) => {
    const failure = ofTransport(call(), cause, redact)
    return "reason" in failure ? failure.reason : ""
  }

  it("are followed eight deep", () => {
    assert.strictEqual(reasonOf(nested(8)), "ECONNREFUSED")
    assert.strictEqual(reasonOf(nested(9)), "fetch failed")
    const aggregated = (depth: number): unknown =>
      depth === 0 ? coded("ECONNREFUSED") : new AggregateError([aggregated(depth - 1)], "several")
    assert.strictEqual(reasonOf(aggregated(8)), "ECONNREFUSED")
    assert.strictEqual(reasonOf(aggregated(9)), "several")
  })

  const rootOf = (cause: unknown) => ofTransport(call(), cause, redact).cause

  it("have the first with a code along `cause`, then the first of several, as their root", () => {
    const refused = { code: "ECONNREFUSED", message: "it failed" }
    assert.deepStrictEqual(rootOf(within(coded("ECONNREFUSED"))), refused)
    assert.deepStrictEqual(rootOf(within(coded("ECONNREFUSED", { cause: coded("EPIPE") }))), refused)
    assert.deepStrictEqual(rootOf(new AggregateError([coded("ECONNREFUSED"), coded("EPIPE")], "several")), refused)
    assert.deepStrictEqual(rootOf(within(within(new Error("socket hang up")))), { message: "socket hang up" })
    assert.deepStrictEqual(rootOf(new Error(`bad header ${key}`, { cause: null })), {
      message: "bad header <redacted>"
    })
    assert.deepStrictEqual(rootOf(coded(key)), { code: "<redacted>", message: "it failed" })
  })

  it("do not contain the key", () => {
    const failure = ofTransport(
      { ...call(), server: `https://a.example/${key}` },
      new Error(`bad header ${key}`),
      redact
    )
    assert.notInclude(JSON.stringify(failure), key)
    assert.include(JSON.stringify(failure), "https://a.example/<redacted>")
  })
})

describe("a body that cannot be read", () => {
  const retry = { "x-should-retry": "true", "retry-after": "1" }
  const head = (status: number) =>
    reply(status, "", { ...retry, "x-request-id": "req_1", location: "https://b.example" })
  const ofBody = (status: number, code: string, operation: "list" | "create" | "delete" = "create") =>
    ofTransport(call(operation), coded(code), redact, head(status))
  const common = { operation: "create", checkpoint: "ft:a", requestId: "req_1", shouldRetry: true, retryAfter: 1000 }

  it.each([200, 299, 404])("of status %i is a connection that broke off", (status) => {
    const failure = {
      ...common,
      kind: "ConnectionError",
      status,
      server,
      reason: "ECONNREFUSED",
      sent: true,
      cause: { code: "ECONNREFUSED", message: "it failed" }
    }
    // The server had the request, whatever the code.
    for (const operation of operations) {
      const mayHaveExecuted = operation === "create" || (operation === "delete" && status !== 404)
      const expected = { ...failure, operation, mayHaveExecuted }
      assert.deepStrictEqual<unknown>(ofBody(status, "ECONNREFUSED", operation), expected)
    }
  })

  it.each(["Z_DATA_ERROR", "ERR__ERROR_FORMAT_PADDING_1", "ZlibError", "BrotliDecompressionError"])(
    "since of %s is a wrong reply",
    (code) => {
      for (const status of [200, 404]) {
        assert.deepStrictEqual<unknown>(ofBody(status, code), {
          ...common,
          kind: "InvalidResponseError",
          status,
          mayHaveExecuted: true,
          reason: `the body cannot be decompressed (${code})`,
          cause: { code, message: "it failed" }
        })
      }
    }
  )

  it.each<readonly [number, Failure["kind"]]>([
    [400, "BadRequestError"],
    [401, "AuthenticationError"],
    [403, "PermissionDeniedError"],
    [408, "RequestTimeoutError"],
    [409, "ConflictError"],
    [429, "RateLimitError"],
    [503, "ServerError"]
  ])("of status %i is still %s", (status, kind) => {
    const mayHaveExecuted = status === 408 || status >= 500
    for (const code of ["ECONNRESET", "Z_DATA_ERROR"]) {
      assert.deepStrictEqual<unknown>(known(ofBody(status, code)), { ...common, kind, status, mayHaveExecuted })
    }
  })

  it.each([300, 302, 399])("of a redirect does not matter", (status) => {
    const failure = ofBody(status, "ECONNRESET")
    assert.strictEqual(failure.kind, "InvalidResponseError")
    assert.include("reason" in failure ? failure.reason : "", "https://b.example; redirects are never followed")
  })
})

describe("other failures", () => {
  it("a delete of whose reply only the head came in time was not executed if the head refuses it", () => {
    for (const status of [200, 302, 400, 401, 404, 408, 409, 429, 500, 503]) {
      const { mayHaveExecuted } = ofTimeout(call("delete"), 7000, redact, reply(status, ""))
      assert.strictEqual(mayHaveExecuted, status < 400 || status === 408 || status >= 500, String(status))
      assert.isTrue(ofTimeout(call("delete", true), 7000, redact, reply(status, "")).mayHaveExecuted)
      // A part of it may have been granted.
      assert.isTrue(ofTimeout(call("create"), 7000, redact, reply(status, "")).mayHaveExecuted)
    }
  })
})
