import fc from "fast-check"
import { assert, describe, it } from "vitest"
import type { Failure } from "../src/failure.ts"
import { duration, message } from "../src/messages.ts"

const list = { operation: "list", mayHaveExecuted: false } as const
const server = "https://a.example/v1"
const connection = { kind: "ConnectionError", reason: "ECONNRESET", server } as const
const unsure = (operation: "create" | "delete") => ({ operation, mayHaveExecuted: true }) as const
const again = "list before you retry"
const reset = "the connection to https://a.example/v1 closed before a reply arrived: ECONNRESET"

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
})

describe("a message", () => {
  const rows: ReadonlyArray<readonly [Failure, string]> = [
    [{ ...list, kind: "InvalidInputError", field: "limit", reason: "it is 0" }, "list: invalid limit: it is 0"],
    [{ ...list, kind: "InvalidInputError", field: "", reason: "" }, "list: invalid input"],
    [
      { ...list, ...connection, checkpoint: "ft:a", reason: "ECONNREFUSED" },
      `list ft:a: no connection to ${server}: ECONNREFUSED; check the address, the proxy and the network`
    ],
    [{ ...list, ...connection, sent: true }, `list: ${reset}; check the address, the proxy and the network`],
    [{ ...unsure("create"), ...connection, sent: true }, `create: ${reset}; the server may have executed it: ${again}`],
    [
      { ...unsure("delete"), ...connection, sent: false, attempts: 2 },
      `delete: no connection to ${server}: ECONNRESET (2 attempts); the server may have executed an earlier attempt: ${again}`
    ],
    [
      { ...list, ...connection, status: 200 },
      `list: the connection to ${server} closed before the end of the reply: ECONNRESET (status 200)`
    ],
    [
      { ...list, kind: "ConnectionError", reason: "" },
      "list: no connection to the server; check the address, the proxy and the network"
    ],
    [
      { ...list, kind: "InvalidResponseError", reason: "no such route", status: 404 },
      "list: the server sent an unexpected reply: no such route (status 404); " +
        "check that the base URL is the API's (OPENAI_BASE_URL)"
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
      "list: too many requests; the rate limiter is paused: try again in 1m 46s"
    ],
    [{ ...list, kind: "RequestTimeoutError", timeout: 30_000 }, "list: no answer within 30s"],
    [
      { ...list, kind: "NotFoundError", status: 404, resumeAfter: "cp_z" },
      "list: no such checkpoint (status 404); check the id, and that the key belongs to its organization"
    ],
    [
      { ...list, kind: "IncompleteListingError", reason: "a cursor came twice", received: 300, resumeAfter: "cp_z" },
      "list: the listing is incomplete after 300 permissions: a cursor came twice; resume after cp_z"
    ],
    [
      { ...unsure("create"), kind: "ServerError", checkpoint: "ft:a", status: 502, detail: "Bad\ngateway" },
      `create ft:a: the server failed: Bad gateway (status 502); the server may have executed it: ${again}`
    ],
    [
      { ...list, operation: "list-admin-keys", kind: "MissingScopeError", scopes: ["api.management.read"] },
      "admin keys: the key lacks api.management.read; use an admin key that has it"
    ],
    [
      { ...list, operation: "list-jobs", kind: "MissingScopeError", scopes: [] },
      "jobs: the key lacks a scope; this listing requires an ordinary key of the project, not an admin key"
    ],
    [
      { ...list, operation: "list-models", kind: "AuthenticationError", code: "mismatched_project" },
      "models: the server rejected the key (code mismatched_project); " +
        "this listing requires an ordinary key of the project in projectId"
    ],
    [
      { ...list, operation: "list-audit-logs", kind: "PermissionDeniedError" },
      "audit log: the key is not allowed to do this; if audit logging is off, an owner of the organization can turn it on"
    ],
    [
      { ...list, operation: "delete", kind: "NotFoundError", status: 404 },
      "delete: no such permission or checkpoint (status 404); check the id, and that the key belongs to its organization"
    ]
  ]

  const late: ReadonlyArray<readonly [Failure, string]> = [
    [
      { ...list, kind: "RateLimitError", attempts: 0, retryAfter: 30_000, endedByDeadline: true },
      "list: not sent: the wait for the rate limit would end after the deadline"
    ],
    [
      { ...list, kind: "RequestTimeoutError", attempts: 0, endedByDeadline: true },
      "list: not sent: the deadline had passed"
    ],
    [
      { ...list, kind: "RateLimitError", status: 429, attempts: 1, retryAfter: 30_000, endedByDeadline: true },
      "list: too many requests (status 429); try again in 30s, as the server asked; the deadline allows no further attempt"
    ]
  ]

  const key = "check the admin key (OPENAI_ADMIN_KEY) and the organization"
  const billing = "check your plan and billing; retrying does not help"
  const short = (
    [
      ["BadRequestError", { detail: "no" }, "the server rejected the request: no (status 400)"],
      ["AuthenticationError", { code: "bad_key" }, `the server rejected the key (status 400, code bad_key); ${key}`],
      ["PermissionDeniedError", {}, "the key is not allowed to do this (status 400)"],
      [
        "NotFoundError",
        { requestId: "req_1" },
        "no such checkpoint (status 400, request req_1); check the id, and that the key belongs to its organization"
      ],
      ["ConflictError", { param: "project_ids" }, "the server reports a conflict (status 400, param project_ids)"],
      ["RateLimitError", { attempts: 1 }, "too many requests (status 400); try again in a minute"],
      [
        "RateLimitError",
        { status: undefined, attempts: 5, waited: 120_000 },
        "too many requests (5 attempts in 2m); try again in a minute"
      ],
      ["QuotaExhaustedError", {}, `the organization's quota or credit is used up (status 400); ${billing}`],
      ["ServerError", {}, "the server failed (status 400)"],
      ["RequestTimeoutError", {}, "the server took too long (status 400)"]
    ] as const
  ).map(([kind, more, line]): readonly [Failure, string] => [{ ...list, status: 400, ...more, kind }, `list: ${line}`])
  const scopes = (...scopes: ReadonlyArray<string>): Failure => ({ ...list, kind: "MissingScopeError", scopes })

  it.each([
    ...rows,
    ...late,
    ...short,
    [scopes("a.read", "a.write"), "list: the key lacks a.read, a.write; use an admin key that has it"],
    [scopes(), "list: the key lacks a scope; use an admin key that has it"]
  ] as const)("reads %#", (failure, line) => {
    assert.strictEqual(message(failure), line)
  })

  describe.each([...short.map(([failure]) => failure), scopes()])("of $kind", (failure) => {
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

    it("leaves out what is empty", () => {
      const empty = { checkpoint: "", detail: " ", code: "", param: "", requestId: "", status: undefined } as const
      const said = message({ ...failure, ...empty, attempts: undefined, waited: undefined })
      assert.match(said, /^list: [^:]+$/)
      assert.notMatch(said, / \((status|code|param|request|\d+ attempts)/)
    })

    it("says first what to do about work that may have been done", () => {
      for (const operation of ["create", "delete"] as const) {
        const said = message({ ...failure, operation, mayHaveExecuted: true })
        assert.match(said, /; the server may have executed (it|an earlier attempt): list before you retry$/)
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

  it("escapes invisible characters", () => {
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
        const known = { detail, code, requestId, reason, server, checkpoint: code }
        const line = message({ ...list, kind: "ConnectionError", ...known })
        assert.isFalse(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(line), line)
        assert.isTrue(line.startsWith("list"))
      })
    )
  })
})
