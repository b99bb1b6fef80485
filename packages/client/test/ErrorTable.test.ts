import { CheckpointPermissions, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import { PermissionsError } from "@checkpoint-permissions/core"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Redacted, Schedule, Schema, Stream } from "effect"
import { pacingOf, scripted } from "./support/paces.ts"
import { checkpoint, key, permission, permissions, project } from "./support/setup.ts"
import { drive, timed } from "./support/time.ts"
import { type Answer, coded, item, pageOf, wire } from "./support/wire.ts"

type Error = PermissionsError.PermissionsError
type Tag = Error["_tag"]
const operations = ["list", "create", "delete"] as const
type Operation = (typeof operations)[number]

const call = (service: CheckpointPermissions.Service, operation: Operation): Effect.Effect<unknown, Error> => {
  switch (operation) {
    case "list":
      return service.list(checkpoint)
    case "create":
      return service.create(checkpoint, [project("a")])
    case "delete":
      return service.delete(checkpoint, permission("cp_1"))
  }
}

/** Three attempts, a second apart. */
const threeAttempts = RetryPolicy.make({
  schedule: Schedule.spaced("1 second").pipe(Schedule.upTo("1 hour"), Schedule.intersect(Schedule.recurs(2))),
  cap: "1 hour"
})

const attempt = (operation: Operation, answer: Answer | Effect.Effect<Answer>) => {
  const { layer, requests } = wire(() => answer)
  return Effect.gen(function* () {
    const service = yield* permissions
    const [error, took] = yield* drive(timed(Effect.flip(call(service, operation))))
    return { error, took, requests: requests.length }
  }).pipe(
    Effect.provide(
      CheckpointPermissions.layer({
        adminKey: Redacted.make(key),
        pacing: Pacing.none,
        retry: threeAttempts,
        timeout: "7 seconds"
      }).pipe(Layer.provide(layer))
    )
  )
}

/** Which operations are attempted again. */
const again = {
  never: [],
  "unless create": ["list", "delete"],
  always: ["list", "create", "delete"]
} as const

interface Row {
  readonly name: string
  readonly answer: Answer | Effect.Effect<Answer>
  readonly tag: Tag
  readonly again: keyof typeof again
  /** A create or a delete may have been carried out. */
  readonly doubtful?: true
  readonly status?: number
  readonly detail?: string
  readonly code?: string
  readonly param?: string
  readonly requestId?: string
  readonly retryAfter?: Duration.Duration
  readonly shouldRetry?: boolean
  readonly scopes?: ReadonlyArray<string>
  readonly reason?: string
  readonly timeout?: Duration.Duration
  /** Milliseconds from the first attempt to the failure, when attempts are made again, and when not. */
  readonly waited?: readonly [again: number, once: number]
  readonly only?: ReadonlyArray<Operation>
}

const envelope = (status: number, error: Record<string, unknown>, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { "content-type": "application/json", "x-request-id": "req_1", ...headers },
  body: { error: { message: "No.", type: "invalid_request_error", param: null, code: null, ...error } }
})
const html = (status: number): Answer => ({
  status,
  headers: { "content-type": "text/html; charset=utf-8" },
  body: "<html><head><title>Bad gateway</title></head></html>"
})
const inEnvelope = { detail: "No.", requestId: "req_1" }

const clientErrors: ReadonlyArray<Row> = [
  {
    name: "400 for the owning project",
    answer: envelope(400, { message: "Cannot modify checkpoint permissions for the owning project: proj_own" }),
    tag: "BadRequestError",
    again: "never",
    status: 400,
    detail: "Cannot modify checkpoint permissions for the owning project: proj_own",
    requestId: "req_1"
  },
  {
    name: "400 with param and code",
    answer: envelope(400, { param: "project_ids[0]", code: "invalid_type" }),
    tag: "BadRequestError",
    again: "never",
    status: 400,
    param: "project_ids[0]",
    code: "invalid_type",
    ...inEnvelope
  },
  {
    name: "401 for a wrong key",
    answer: envelope(401, { message: "Incorrect API key provided: sk-***.", code: "invalid_api_key" }),
    tag: "AuthenticationError",
    again: "never",
    status: 401,
    detail: "Incorrect API key provided: sk-***.",
    code: "invalid_api_key",
    requestId: "req_1"
  },
  { name: "401 with nothing", answer: { status: 401 }, tag: "AuthenticationError", again: "never", status: 401 },
  ...([401, 403] as const).flatMap(
    (status): ReadonlyArray<Row> => [
      {
        name: `${status} for a scope that is named`,
        answer: envelope(status, {
          message: "You may not. Missing scopes: api.fine_tuning.checkpoints.write. Check your role.",
          code: "missing_scope"
        }),
        tag: "MissingScopeError",
        again: "never",
        status,
        scopes: ["api.fine_tuning.checkpoints.write"],
        detail: "You may not. Missing scopes: api.fine_tuning.checkpoints.write. Check your role.",
        code: "missing_scope",
        requestId: "req_1"
      },
      {
        name: `${status} for scopes that are named, without a code`,
        answer: envelope(status, {
          message: "Missing scopes: api.fine_tuning.checkpoints.read, api.fine_tuning.checkpoints.write"
        }),
        tag: "MissingScopeError",
        again: "never",
        status,
        scopes: ["api.fine_tuning.checkpoints.read", "api.fine_tuning.checkpoints.write"],
        detail: "Missing scopes: api.fine_tuning.checkpoints.read, api.fine_tuning.checkpoints.write",
        requestId: "req_1"
      },
      {
        name: `${status} for a scope by code alone`,
        answer: envelope(status, { code: "missing_scope" }),
        tag: "MissingScopeError",
        again: "never",
        status,
        scopes: [],
        code: "missing_scope",
        ...inEnvelope
      }
    ]
  ),
  {
    name: "403",
    answer: envelope(403, { code: "forbidden" }),
    tag: "PermissionDeniedError",
    again: "never",
    status: 403,
    code: "forbidden",
    ...inEnvelope
  },
  { name: "403 of a proxy", answer: html(403), tag: "PermissionDeniedError", again: "never", status: 403 },
  {
    name: "404",
    answer: envelope(404, { param: "permission_id", code: "not_found" }),
    tag: "NotFoundError",
    again: "never",
    status: 404,
    param: "permission_id",
    code: "not_found",
    ...inEnvelope
  },
  { name: "404 of a proxy", answer: html(404), tag: "InvalidResponseError", again: "never", status: 404 },
  { name: "405", answer: envelope(405, {}), tag: "BadRequestError", again: "never", status: 405, ...inEnvelope },
  {
    name: "408",
    answer: envelope(408, {}),
    tag: "RequestTimeoutError",
    again: "unless create",
    doubtful: true,
    status: 408,
    ...inEnvelope
  },
  {
    name: "409",
    answer: envelope(409, { code: "already_exists" }),
    only: ["create", "delete"],
    tag: "ConflictError",
    again: "unless create",
    status: 409,
    code: "already_exists",
    ...inEnvelope
  },
  {
    name: "409 to a list",
    answer: envelope(409, {}),
    only: ["list"],
    tag: "BadRequestError",
    again: "never",
    status: 409,
    ...inEnvelope
  },
  { name: "413", answer: html(413), tag: "BadRequestError", again: "never", status: 413 },
  {
    name: "422",
    answer: envelope(422, { param: "limit" }),
    tag: "BadRequestError",
    again: "never",
    status: 422,
    param: "limit",
    ...inEnvelope
  },
  { name: "418", answer: envelope(418, {}), tag: "BadRequestError", again: "never", status: 418, ...inEnvelope },
  {
    name: "400 with `x-should-retry: true`",
    answer: envelope(400, {}, { "x-should-retry": "true" }),
    tag: "BadRequestError",
    again: "unless create",
    status: 400,
    shouldRetry: true,
    ...inEnvelope
  },
  {
    name: "404 with `x-should-retry: true`",
    answer: envelope(404, {}, { "x-should-retry": "true" }),
    tag: "NotFoundError",
    again: "unless create",
    status: 404,
    shouldRetry: true,
    ...inEnvelope
  },
  {
    name: "409 with `x-should-retry: true`",
    answer: envelope(409, {}, { "x-should-retry": " TRUE " }),
    only: ["create", "delete"],
    tag: "ConflictError",
    again: "unless create",
    status: 409,
    shouldRetry: true,
    ...inEnvelope
  },
  {
    name: "409 with `x-should-retry: false`",
    answer: envelope(409, {}, { "x-should-retry": "false" }),
    only: ["create", "delete"],
    tag: "ConflictError",
    again: "never",
    status: 409,
    shouldRetry: false,
    ...inEnvelope
  },
  {
    name: "409 with `x-should-retry: maybe`",
    answer: envelope(409, {}, { "x-should-retry": "maybe" }),
    only: ["create", "delete"],
    tag: "ConflictError",
    again: "unless create",
    status: 409,
    ...inEnvelope
  }
]

const quota = { tag: "QuotaExhaustedError", again: "never", status: 429, ...inEnvelope } as const
const tooMany: ReadonlyArray<Row> = [
  {
    name: "429 by code",
    answer: envelope(429, { type: "requests", code: "rate_limit_exceeded" }),
    tag: "RateLimitError",
    again: "always",
    status: 429,
    code: "rate_limit_exceeded",
    ...inEnvelope
  },
  {
    name: "429 slow_down",
    answer: envelope(429, { code: "slow_down" }),
    tag: "RateLimitError",
    again: "always",
    status: 429,
    code: "slow_down",
    ...inEnvelope
  },
  {
    name: "429 without a code",
    answer: envelope(429, {}),
    tag: "RateLimitError",
    again: "always",
    status: 429,
    ...inEnvelope
  },
  { name: "429 with nothing", answer: { status: 429 }, tag: "RateLimitError", again: "always", status: 429 },
  { name: "429 of a proxy", answer: html(429), tag: "RateLimitError", again: "always", status: 429 },
  {
    name: "429 with Retry-After",
    answer: envelope(429, {}, { "retry-after": "5" }),
    tag: "RateLimitError",
    again: "always",
    status: 429,
    retryAfter: Duration.seconds(5),
    waited: [10_000, 0],
    ...inEnvelope
  },
  {
    name: "429 with `x-should-retry: false`",
    answer: envelope(429, {}, { "x-should-retry": "false" }),
    tag: "RateLimitError",
    again: "never",
    status: 429,
    shouldRetry: false,
    ...inEnvelope
  },
  {
    name: "429 quota by type and code",
    answer: envelope(429, { type: "insufficient_quota", code: "insufficient_quota" }),
    code: "insufficient_quota",
    ...quota
  },
  {
    name: "429 quota by type alone",
    answer: envelope(429, { type: "insufficient_quota" }),
    code: "insufficient_quota",
    ...quota
  },
  {
    name: "429 quota by type with another code",
    answer: envelope(429, { type: "insufficient_quota", code: "rate_limit_exceeded" }),
    code: "rate_limit_exceeded",
    ...quota
  },
  {
    name: "429 quota by code alone",
    answer: envelope(429, { type: "requests", code: "insufficient_quota" }),
    code: "insufficient_quota",
    ...quota
  },
  {
    name: "429 without credit",
    answer: envelope(429, { type: "billing", code: "credit_balance_exhausted" }),
    code: "credit_balance_exhausted",
    ...quota
  },
  {
    name: "429 quota with `x-should-retry: true` and Retry-After",
    answer: envelope(429, { code: "insufficient_quota" }, { "x-should-retry": "true", "retry-after": "1" }),
    code: "insufficient_quota",
    shouldRetry: true,
    retryAfter: Duration.seconds(1),
    ...quota
  }
]

const failed = { tag: "ServerError", again: "unless create", doubtful: true } as const
const serverErrors: ReadonlyArray<Row> = [
  { name: "500", answer: envelope(500, { type: "server_error" }), status: 500, ...inEnvelope, ...failed },
  {
    name: "502 with a numeric code",
    answer: envelope(502, { type: "cf_bad_gateway", code: 502 }),
    status: 502,
    code: "502",
    ...inEnvelope,
    ...failed
  },
  { name: "503 as HTML", answer: html(503), status: 503, ...failed },
  {
    name: "503 with Retry-After",
    answer: { status: 503, headers: { "retry-after": "2.5" } },
    status: 503,
    retryAfter: Duration.millis(2500),
    ...failed,
    waited: [5000, 0]
  },
  { name: "504", answer: html(504), status: 504, ...failed },
  ...[520, 521, 522, 523, 524, 525, 526, 527].map(
    (status): Row => ({ name: String(status), answer: html(status), status, ...failed })
  ),
  { name: "501", answer: envelope(501, {}), status: 501, ...inEnvelope, ...failed },
  { name: "599", answer: { status: 599 }, status: 599, ...failed },
  {
    name: "an error that is a bare string",
    answer: { status: 500, body: { error: "upstream connect error" } },
    status: 500,
    detail: "upstream connect error",
    ...failed
  },
  { name: "an empty body", answer: { status: 500, body: "" }, status: 500, ...failed },
  { name: "no body", answer: { status: 500 }, status: 500, ...failed },
  { name: "an error that is null", answer: { status: 500, body: { error: null } }, status: 500, ...failed },
  { name: "an error that is a list", answer: { status: 500, body: { error: ["no"] } }, status: 500, ...failed },
  { name: "JSON that is no object", answer: { status: 500, body: "null" }, status: 500, ...failed },
  {
    name: "an error whose fields are objects",
    answer: { status: 500, body: { error: { message: {}, type: [], param: {}, code: {} } } },
    status: 500,
    ...failed
  },
  { name: "truncated JSON", answer: { status: 500, body: '{"error":{"mess' }, status: 500, ...failed },
  {
    name: "500 with `x-should-retry: false`",
    answer: envelope(500, {}, { "x-should-retry": "false" }),
    status: 500,
    shouldRetry: false,
    ...inEnvelope,
    ...failed,
    again: "never"
  },
  {
    name: "500 with `x-should-retry: true`",
    answer: envelope(500, {}, { "x-should-retry": "true" }),
    status: 500,
    shouldRetry: true,
    ...inEnvelope,
    ...failed
  },
  {
    name: "500 that names quota",
    answer: envelope(500, { code: "insufficient_quota" }),
    status: 500,
    code: "insufficient_quota",
    ...inEnvelope,
    ...failed
  }
]

const unexpected = { tag: "InvalidResponseError", again: "never", doubtful: true } as const
const pageOperations = { only: ["list", "create"] } as const
const page = pageOf(["cp_1"])
const without = (name: string) => Object.fromEntries(Object.entries(page).filter(([key]) => key !== name))
const deletion = { id: "cp_1", object: "checkpoint.permission", deleted: true }
const invalid: ReadonlyArray<Row> = [
  { name: "HTML", answer: html(200), status: 200, reason: "text/html", ...unexpected },
  { name: "an empty body", answer: { status: 200, body: "" }, status: 200, reason: "empty", ...unexpected },
  { name: "no body", answer: { status: 200 }, status: 200, reason: "empty", ...unexpected },
  {
    name: "204",
    answer: { status: 204, headers: { "x-request-id": "req_1" } },
    status: 204,
    reason: "empty",
    requestId: "req_1",
    ...unexpected
  },
  { name: "202 without a body", answer: { status: 202 }, status: 202, reason: "empty", ...unexpected },
  { name: "null", answer: { body: "null" }, status: 200, reason: "body", ...unexpected },
  { name: "a list", answer: { body: "[]" }, status: 200, reason: "body", ...unexpected },
  { name: "a number", answer: { body: "7" }, status: 200, reason: "body", ...unexpected },
  {
    name: "truncated JSON",
    answer: { body: JSON.stringify(page).slice(0, 40) },
    status: 200,
    reason: "not JSON",
    ...unexpected
  },
  {
    name: "an envelope with an error",
    answer: envelope(200, {}),
    status: 200,
    requestId: "req_1",
    reason: "",
    ...unexpected
  },
  {
    name: "data that is no list",
    answer: { body: { ...page, data: { items: [] } } },
    status: 200,
    reason: "data",
    ...pageOperations,
    ...unexpected
  },
  { name: "no data", answer: { body: without("data") }, status: 200, reason: "data", ...pageOperations, ...unexpected },
  {
    name: "an item without id",
    answer: { body: { ...page, data: [{ ...item("cp_1"), id: undefined }] } },
    status: 200,
    reason: "data[0].id",
    ...pageOperations,
    ...unexpected
  },
  {
    name: "an item whose id is empty",
    answer: { body: { ...page, data: [item("")] } },
    status: 200,
    reason: "data[0].id",
    ...pageOperations,
    ...unexpected
  },
  {
    name: "an item without project_id",
    answer: { body: { ...page, data: [{ ...item("cp_1"), project_id: undefined }] } },
    status: 200,
    reason: "data[0].project_id",
    ...pageOperations,
    ...unexpected
  },
  {
    name: "an item whose created_at is text",
    answer: { body: { ...page, data: [{ ...item("cp_1"), created_at: "now" }] } },
    status: 200,
    reason: "data[0].created_at",
    ...pageOperations,
    ...unexpected
  },
  {
    name: "has_more as text",
    answer: { body: { ...page, has_more: "yes" } },
    status: 200,
    reason: "has_more",
    ...pageOperations,
    ...unexpected
  },
  {
    name: "no has_more",
    answer: { body: without("has_more") },
    status: 200,
    reason: "has_more",
    ...pageOperations,
    ...unexpected
  },
  {
    name: "has_more as null",
    answer: { body: { ...page, has_more: null } },
    status: 200,
    reason: "has_more",
    ...pageOperations,
    ...unexpected
  },
  {
    name: "another object",
    answer: { body: { ...page, object: "page" } },
    status: 200,
    reason: "object",
    ...pageOperations,
    ...unexpected
  },
  {
    name: "last_id that is a number",
    answer: { body: { ...page, last_id: 7 } },
    status: 200,
    reason: "last_id",
    ...pageOperations,
    ...unexpected
  },
  {
    name: "no deleted",
    answer: { body: { id: "cp_1", object: "checkpoint.permission" } },
    status: 200,
    reason: "deleted",
    only: ["delete"],
    ...unexpected
  },
  {
    name: "deleted as text",
    answer: { body: { ...deletion, deleted: "true" } },
    status: 200,
    reason: "deleted",
    only: ["delete"],
    ...unexpected
  },
  {
    name: "no id",
    answer: { body: { ...deletion, id: undefined } },
    status: 200,
    reason: "id",
    only: ["delete"],
    ...unexpected
  },
  {
    name: "another object",
    answer: { body: { ...deletion, object: "list" } },
    status: 200,
    reason: "object",
    only: ["delete"],
    ...unexpected
  },
  ...[300, 301, 302, 303, 307, 308].map(
    (status): Row => ({
      name: `${status} with a location`,
      answer: { status, headers: { location: "https://elsewhere.example/v1", "x-request-id": "req_1" }, body: "Moved" },
      status,
      requestId: "req_1",
      reason: "https://elsewhere.example/v1",
      ...unexpected
    })
  ),
  { name: "302 without a location", answer: { status: 302 }, status: 302, reason: "redirect", ...unexpected },
  { name: "304", answer: { status: 304 }, status: 304, reason: "redirect", ...unexpected }
]

const fetchFailed = (cause: unknown): Answer => ({ drop: new TypeError("fetch failed", { cause }) })
const lost = { tag: "ConnectionError", again: "unless create", doubtful: true } as const
const unsent = { tag: "ConnectionError", again: "always" } as const
const connections: ReadonlyArray<Row> = [
  ...[
    "ECONNREFUSED",
    "ENOTFOUND",
    "EAI_AGAIN",
    "UND_ERR_CONNECT_TIMEOUT",
    "CERT_HAS_EXPIRED",
    "DEPTH_ZERO_SELF_SIGNED_CERT"
  ].map((code): Row => ({ name: code, answer: { drop: coded(code) }, reason: code, ...unsent })),
  {
    name: "ECONNREFUSED within fetch",
    answer: fetchFailed(coded("ECONNREFUSED", { syscall: "connect" })),
    reason: "ECONNREFUSED",
    ...unsent
  },
  {
    name: "ECONNREFUSED from every address",
    answer: fetchFailed(
      Object.assign(new AggregateError([coded("ECONNREFUSED"), coded("ETIMEDOUT", { syscall: "connect" })]), {
        code: "ECONNREFUSED"
      })
    ),
    reason: "ECONNREFUSED, ETIMEDOUT",
    ...unsent
  },
  {
    name: "one address refusing and one resetting",
    answer: fetchFailed(new AggregateError([coded("ECONNREFUSED"), coded("ECONNRESET")])),
    reason: "ECONNREFUSED, ECONNRESET",
    ...lost
  },
  ...["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"].flatMap(
    (code): ReadonlyArray<Row> => [
      { name: `${code} on connecting`, answer: { drop: coded(code, { syscall: "connect" }) }, reason: code, ...unsent },
      { name: `${code} on reading`, answer: { drop: coded(code, { syscall: "read" }) }, reason: code, ...lost },
      { name: `${code} on who knows what`, answer: { drop: coded(code) }, reason: code, ...lost }
    ]
  ),
  { name: "ECONNRESET", answer: { drop: coded("ECONNRESET", { syscall: "read" }) }, reason: "ECONNRESET", ...lost },
  {
    name: "ECONNRESET on connecting",
    answer: { drop: coded("ECONNRESET", { syscall: "connect" }) },
    reason: "ECONNRESET",
    ...lost
  },
  { name: "EPIPE", answer: { drop: coded("EPIPE", { syscall: "write" }) }, reason: "EPIPE", ...lost },
  { name: "UND_ERR_SOCKET", answer: fetchFailed(coded("UND_ERR_SOCKET")), reason: "UND_ERR_SOCKET", ...lost },
  { name: "an unknown code", answer: { drop: coded("E_NOBODY_KNOWS") }, reason: "E_NOBODY_KNOWS", ...lost },
  { name: "an error without a code", answer: { drop: new Error("socket hang up") }, reason: "socket hang up", ...lost },
  { name: "text", answer: { drop: "ECONNREFUSED" }, reason: "ECONNREFUSED", ...lost },
  {
    name: "a body that breaks off",
    answer: { body: page, cut: coded("ECONNRESET") },
    reason: "ECONNRESET",
    status: 200,
    ...lost
  },
  {
    name: "no reply",
    answer: Effect.never,
    tag: "RequestTimeoutError",
    again: "unless create",
    doubtful: true,
    timeout: Duration.seconds(7),
    waited: [23_000, 7000]
  },
  {
    name: "a reply that comes too late",
    answer: Effect.delay(Effect.succeed({ body: page }), "8 seconds"),
    tag: "RequestTimeoutError",
    again: "unless create",
    doubtful: true,
    timeout: Duration.seconds(7),
    waited: [23_000, 7000]
  }
]

for (const [group, rows] of [
  ["a client's error", clientErrors],
  ["too many requests", tooMany],
  ["a server's error", serverErrors],
  ["a reply that is not what the API promises", invalid],
  ["a connection", connections]
] as const) {
  describe(group, () => {
    for (const row of rows) {
      for (const operation of row.only ?? operations) {
        it.effect(`${row.name}: ${operation} fails with ${row.tag}`, () =>
          Effect.gen(function* () {
            const { error, requests, took } = yield* attempt(operation, row.answer)
            const isRepeated = (again[row.again] as ReadonlyArray<string>).includes(operation)
            const waited = isRepeated ? (row.waited?.[0] ?? 2000) : (row.waited?.[1] ?? 0)
            assert.strictEqual(error._tag, row.tag)
            assert.strictEqual(requests, isRepeated ? 3 : 1)
            assert.deepStrictEqual(
              {
                operation: error.operation,
                checkpoint: error.checkpoint,
                status: error.status,
                detail: error.detail,
                code: error.code,
                param: error.param,
                requestId: error.requestId,
                retryAfter: error.retryAfter,
                shouldRetry: error.shouldRetry,
                attempts: error.attempts,
                waited: error.waited,
                resumeAfter: error.resumeAfter,
                mayHaveExecuted: error.mayHaveExecuted
              },
              {
                operation,
                checkpoint,
                status: row.status,
                detail: row.detail,
                code: row.code,
                param: row.param,
                requestId: row.requestId,
                retryAfter: row.retryAfter,
                shouldRetry: row.shouldRetry,
                attempts: requests,
                waited: Duration.millis(waited),
                resumeAfter: undefined,
                mayHaveExecuted: operation !== "list" && row.doubtful === true
              }
            )
            assert.strictEqual(took, waited)
            assert.strictEqual(error.isRetryable, isRepeated)
            if (row.scopes !== undefined) assert.deepStrictEqual("scopes" in error && error.scopes, row.scopes)
            if (row.reason !== undefined) assert.include("reason" in error ? error.reason : undefined, row.reason)
            if (row.timeout !== undefined) assert.deepStrictEqual("timeout" in error && error.timeout, row.timeout)
            assert.isFalse(/[\n\r]/.test(error.message))
            assert.isTrue(error.message.startsWith(`${operation} ${checkpoint}: `))
            // It can be carried across a boundary.
            const wire = JSON.stringify(Schema.encodeSync(PermissionsError.PermissionsError)(error))
            const back = Schema.decodeUnknownSync(PermissionsError.PermissionsError)(JSON.parse(wire))
            assert.strictEqual(back.message, error.message)
          })
        )
      }
    }
  })
}

describe("a 404 that is not the API's own", () => {
  for (const [name, answer] of [
    ["HTML", { status: 404, headers: { "content-type": "text/html" }, body: "<h1>404</h1>" }],
    ["an empty body", { status: 404 }],
    ["a bare string", { status: 404, body: { error: "not found" } }],
    ["another shape", { status: 404, body: { message: "no such page" } }],
    ["Invalid URL", { status: 404, body: { error: { message: "Invalid URL (GET /v2/fine_tuning/checkpoints)" } } }],
    ["Unknown request URL", { status: 404, body: { error: { message: "Unknown request URL: GET /x" } } }]
  ] as const) {
    it.effect(`(${name}) says that the base URL is wrong, and names the server`, () => {
      const { layer } = wire(() => answer)
      const options = { adminKey: Redacted.make(key), apiUrl: "https://gateway.example/v2" }
      return Effect.gen(function* () {
        const service = yield* permissions
        const calls: ReadonlyArray<Effect.Effect<unknown, PermissionsError.PermissionsError>> = [
          service.list(checkpoint),
          service.create(checkpoint, ["proj_a"]),
          service.delete(checkpoint, "cp_1"),
          Stream.runDrain(service.stream(checkpoint))
        ]
        for (const call of calls) {
          const error = yield* Effect.flip(call)
          assert.strictEqual(error._tag, "InvalidResponseError")
          assert.include(error.message, "https://gateway.example/v2")
          assert.match(error.message, /base URL/)
          assert.isFalse(error.mayHaveExecuted)
        }
      }).pipe(Effect.provide(CheckpointPermissions.layer(options).pipe(Layer.provide(layer))))
    })
  }
})

describe("an error of the connection", () => {
  it.effect("names the server", () => {
    const { layer } = wire(() => ({ drop: coded("ECONNREFUSED") }))
    const options = { adminKey: Redacted.make(key), apiUrl: "https://gateway.example/v1", retry: RetryPolicy.none }
    return Effect.gen(function* () {
      const error = yield* Effect.flip((yield* permissions).list(checkpoint))
      assert.include(error.message, "https://gateway.example/v1")
      assert.include(error.message, "ECONNREFUSED")
    }).pipe(Effect.provide(CheckpointPermissions.layer(options).pipe(Layer.provide(layer))))
  })
})

describe("what an error says of the time", () => {
  it.effect("counts from the first attempt, not from when the operation began to wait for its turn", () => {
    const { layer } = wire(() => ({ status: 500 }))
    const pacing = pacingOf(() => Effect.succeed(scripted({ wait: "1 minute" })))
    return Effect.gen(function* () {
      const service = yield* permissions
      const [error, took] = yield* drive(timed(Effect.flip(service.list(checkpoint))))
      assert.strictEqual(took, 182_000)
      assert.strictEqual(error.attempts, 3)
      assert.deepStrictEqual(error.waited, Duration.millis(122_000))
    }).pipe(
      Effect.provide(
        CheckpointPermissions.layer({ adminKey: Redacted.make(key), pacing, retry: threeAttempts }).pipe(
          Layer.provide(layer)
        )
      )
    )
  })
})
