/**
 * The error of each operation and its retries: a row for each reply. The other faults of a body are those of the readers
 * in `protocol`, which have their own tests.
 */
import * as faults from "@checkpoint-permissions/fake/faults"
import { always, checkpoint, create, list, remove } from "../builders.ts"
import type { Call, Case } from "../case.ts"

/** The meaning of a reply. */
interface Means {
  readonly kind: string
  /**
   * The operations that are retried. `"unless create"`: a create is not retried, since the server may have executed it.
   */
  readonly again: "never" | "unless create" | "always"
  /** True if a create or a delete may have been executed. */
  readonly mayHaveExecuted?: true
  readonly only?: ReadonlyArray<Operation>
  /** The duration of an attempt and of the delay after it, in milliseconds. Default: 0 and 1000. */
  readonly takes?: readonly [attempt: number, delay: number]
}

/** The reply to every request, its meaning, and further fields of the error. */
type Row = readonly [name: string, meets: faults.Fault, means: Means, known?: Readonly<Record<string, unknown>>]

const calls = { list: list(), create: create("proj_a"), delete: remove() } as const
const lines = { list: "list", create: "create proj_a", delete: "delete cp_1" } as const
type Operation = keyof typeof calls

const unknown = { detail: undefined, code: undefined, param: undefined, retryAfter: undefined, shouldRetry: undefined }

const became = (fault: faults.Fault): string => {
  if (fault._tag === "DropBefore" || fault._tag === "DropAfter") return "dropped"
  return fault._tag === "Latency" ? "abandoned" : "status" in fault ? String(fault.status) : "200"
}

const caseOf = ([name, meets, means, known]: Row, operation: Operation, call: Call): Case => {
  const { again, kind, mayHaveExecuted = false, takes: [attempt, delay] = [0, 1000] } = means
  const attempts = again === "always" || (again === "unless create" && operation !== "create") ? 3 : 1
  const fail = { checkpoint, attempts, mayHaveExecuted: operation !== "list" && mayHaveExecuted }
  return {
    name: `${name}: ${operation} fails with ${kind}${attempts === 1 ? "" : " after three attempts"}`,
    has: ["proj_001"],
    answers: [always(meets)],
    options: { retry: { times: 2, every: 1000, cap: 600_000 }, timeout: 7000 },
    call,
    fail: { kind, operation, ...fail, ...unknown, ...known },
    sent: Array.from({ length: attempts }, () => `${lines[operation]} ${became(meets)}`),
    took: attempts * attempt + (attempts - 1) * delay
  }
}

const { error, html, reply } = faults
const message = "No."
const refusal = (status: number, fields: object = {}) => error(status, { message, ...fields })
const says = (value: string, status: number, fields: object = {}) =>
  error(status, { message, ...fields, headers: { "x-should-retry": value } })
const failing = (status: number, body: unknown) => reply(status, { body })
const detail = message

const never = { again: "never" } as const
const badRequest = { kind: "BadRequestError", ...never } as const
const denied = { kind: "PermissionDeniedError", ...never } as const
const unauthenticated = { kind: "AuthenticationError", ...never } as const
const missingScope = { kind: "MissingScopeError", ...never } as const
const conflict = { kind: "ConflictError", only: ["create", "delete"] } as const
const limited = { kind: "RateLimitError", again: "always" } as const
const quota = { kind: "QuotaExhaustedError", ...never } as const
const failed = { kind: "ServerError", again: "unless create", mayHaveExecuted: true } as const
const wrongUrl = { kind: "InvalidResponseError", ...never } as const
const unexpected = { kind: "InvalidResponseError", ...never, mayHaveExecuted: true } as const
const unsent = { kind: "ConnectionError", again: "always" } as const
const lost = { kind: "ConnectionError", again: "unless create", mayHaveExecuted: true } as const
const late = { kind: "RequestTimeoutError", again: "unless create", mayHaveExecuted: true } as const

const scopes = "api.ft.read, api.ft.write"

const refusals: ReadonlyArray<Row> = [
  ["400", refusal(400), badRequest, { detail }],
  [
    "400 with param and code",
    refusal(400, { param: "project_ids[0]", code: "invalid_type", headers: { "x-request-id": "req_1" } }),
    badRequest,
    { detail, param: "project_ids[0]", code: "invalid_type", requestId: "req_1" }
  ],
  [
    "400 with x-should-retry: true",
    says("true", 400),
    { ...badRequest, again: "unless create" },
    { detail, shouldRetry: true }
  ],
  ["400 that names a scope", refusal(400, { code: "missing_scope" }), badRequest, { detail, code: "missing_scope" }],
  ...[405, 418, 422, 499].map((status): Row => [`${status}`, refusal(status), badRequest, { detail }]),
  ["413 of a proxy", html(413), badRequest],
  ["401 with nothing", reply(401), unauthenticated],
  [
    "401 for a wrong key",
    refusal(401, { code: "invalid_api_key" }),
    unauthenticated,
    { detail, code: "invalid_api_key" }
  ],
  ...[401, 403].flatMap(
    (status): ReadonlyArray<Row> => [
      [
        `${status} for scopes that are named`,
        refusal(status, { message: `You may not. Missing scopes: ${scopes}. Ask.`, code: "missing_scope" }),
        missingScope,
        { detail: "You may not. Missing scopes", code: "missing_scope", scopes: ["api.ft.read", "api.ft.write"] }
      ],
      [
        `${status} for scopes over two lines, without a code`,
        refusal(status, { message: "MISSING SCOPE a.read,\nb-c.write_all." }),
        missingScope,
        { detail: "MISSING SCOPE a.read,\nb-c.write_all.", scopes: ["a.read", "b-c.write_all"] }
      ],
      [
        `${status} for scopes that are not named`,
        refusal(status, { message: "Missing scopes." }),
        missingScope,
        { detail: "Missing scopes.", scopes: [] }
      ],
      [
        `${status} for a scope by code alone`,
        refusal(status, { code: "missing_scope" }),
        missingScope,
        { detail, code: "missing_scope", scopes: [] }
      ]
    ]
  ),
  ["403", refusal(403, { code: "forbidden" }), denied, { detail, code: "forbidden" }],
  ["403 of a proxy", html(403), denied],
  [
    "404 with the API's envelope",
    refusal(404, { param: "permission_id", code: "not_found" }),
    { kind: "NotFoundError", ...never },
    { detail, param: "permission_id", code: "not_found" }
  ],
  [
    "404 with x-should-retry: true",
    says("true", 404),
    { kind: "NotFoundError", again: "unless create" },
    { detail, shouldRetry: true }
  ],
  ["408", refusal(408), late, { detail, timeout: undefined }],
  ["409", refusal(409), { ...conflict, again: "unless create" }, { detail }],
  ["409 to a list, which has no conflicts", refusal(409), { ...badRequest, only: ["list"] }, { detail }],
  [
    "409 with x-should-retry: true",
    says(" TRUE ", 409),
    { ...conflict, again: "unless create" },
    { detail, shouldRetry: true }
  ],
  ["409 with x-should-retry: false", says("False", 409), { ...conflict, ...never }, { detail, shouldRetry: false }],
  ["409 with x-should-retry: maybe", says("maybe", 409), { ...conflict, again: "unless create" }, { detail }]
]

/** Replies of a proxy, a gateway or the server of another API. */
const wrongUrls: ReadonlyArray<Row> = (
  [
    ["HTML", html(404), {}],
    ["nothing", reply(404), {}],
    ["a text as error", failing(404, { error: "Not found" }), { detail: undefined, reason: "(Not found)" }],
    ["JSON of another API", failing(404, { message: "Not found" }), {}],
    ["an error without a message", failing(404, { error: { code: "x" } }), {}],
    ["a message that is a number", failing(404, { error: { message: 404 } }), { reason: "(404)" }],
    ["an unknown route", refusal(404, { message: "Invalid URL (GET /v1/x)" }), { reason: "(Invalid URL (GET /v1/x))" }],
    ["an unknown URL", refusal(404, { message: "Unknown request URL: GET /x." }), { reason: "(Unknown request URL" }]
  ] as const
).map(([what, meets, known]) => [
  `404 that is not the API's: ${what}`,
  meets,
  wrongUrl,
  { reason: "https://api.openai.com/v1 has no such route, so the base URL is wrong", ...known }
])

const insufficient = "insufficient_quota"
const tooMany: ReadonlyArray<Row> = [
  ["429 without a code", refusal(429), limited, { detail }],
  ["429 by code", refusal(429, { code: "slow_down" }), limited, { detail, code: "slow_down" }],
  ["429 with nothing", reply(429), limited],
  ["429 of a proxy", html(429), limited],
  [
    "429 with Retry-After",
    refusal(429, { headers: { "retry-after": "5" } }),
    { ...limited, takes: [0, 5000] },
    { detail, retryAfter: 5000 }
  ],
  ["429 with x-should-retry: false", says("false", 429), { ...limited, ...never }, { detail, shouldRetry: false }],
  ["429 with quota as a text", failing(429, { error: insufficient }), limited, { detail: insufficient }],
  ...(
    [
      ["type and code", { type: insufficient, code: insufficient }, insufficient],
      ["type alone", { type: insufficient }, insufficient],
      ["type with another code", { type: insufficient, code: "slow_down" }, "slow_down"],
      ["code alone", { type: "requests", code: insufficient }, insufficient],
      ["no credit", { type: "billing", code: "credit_balance_exhausted" }, "credit_balance_exhausted"]
    ] as const
  ).map(([what, fields, code]): Row => [`429 for quota, by ${what}`, refusal(429, fields), quota, { detail, code }]),
  ["429 for quota, without a message", failing(429, { error: { code: insufficient } }), quota, { code: insufficient }],
  [
    "429 for quota with x-should-retry: true",
    refusal(429, { code: insufficient, headers: { "x-should-retry": "true", "retry-after": "1" } }),
    quota,
    { detail, code: insufficient, shouldRetry: true, retryAfter: 1000 }
  ]
]

const serverErrors: ReadonlyArray<Row> = [
  ["500", refusal(500), failed, { detail }],
  ["500 with an empty body", reply(500), failed],
  ["501", refusal(501), failed, { detail }],
  ["502 with a numeric code", refusal(502, { code: 502 }), failed, { detail, code: "502" }],
  ...[502, 503, 504, 520, 524, 527, 599].map((status): Row => [`${status} of a proxy`, html(status), failed]),
  [
    "503 with Retry-After",
    reply(503, { headers: { "retry-after": "2.5" } }),
    { ...failed, takes: [0, 2500] },
    { retryAfter: 2500 }
  ],
  [
    "500 with an error that is a text",
    failing(500, { error: "upstream connect error" }),
    failed,
    { detail: "upstream connect error" }
  ],
  ["500 with an error that is null", failing(500, { error: null }), failed],
  ["500 with an error that is a list", failing(500, { error: ["no"] }), failed],
  ["500 with JSON that is no object", failing(500, "null"), failed],
  [
    "500 with fields that are objects",
    failing(500, { error: { message: {}, type: [], param: {}, code: true } }),
    failed
  ],
  ["500 with JSON that breaks off", failing(500, '{"error":{"mess'), failed],
  ["500 that names quota", refusal(500, { code: insufficient }), failed, { detail, code: insufficient }],
  ["500 with x-should-retry: true", says("true", 500), failed, { detail, shouldRetry: true }],
  ["500 with x-should-retry: false", says("false", 500), { ...failed, ...never }, { detail, shouldRetry: false }],
  ["a huge error", faults.huge(), failed]
]

const json = { "content-type": "application/json" }
const server = "https://api.openai.com/v1"

const invalid: ReadonlyArray<Row> = (
  [
    ["HTML", html(200), "not JSON (text/html): <!DOCTYPE html>"],
    ["an empty body", reply(200), `${server} answers with an empty body`],
    ["white space", failing(200, " \n"), "answers with an empty body"],
    ["202 without a body", reply(202), "answers with an empty body"],
    ["204", reply(204), "answers with an empty body"],
    ["null", failing(200, "null"), "body: expected an object"],
    ["JSON that breaks off", reply(200, { body: '{"object":', headers: json }), "not JSON (application/json): {"],
    ["an error with status 200", refusal(200), "is missing"],
    ["a redirect", faults.redirect("https://elsewhere.example/v1"), "to https://elsewhere.example/v1; redirects are"],
    ["a redirect to nowhere", reply(302), `${server} answers with status 302; redirects are never followed`],
    ["304", reply(304), "redirects are never followed"],
    ["a body with a wrong content-encoding", faults.falseGzip, "the body cannot be decompressed (Z_DATA_ERROR)"]
  ] as const
).map(([name, meets, reason]) => [name, meets, unexpected, { reason }])

const connections: ReadonlyArray<Row> = [
  ...["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT", "CERT_HAS_EXPIRED"].map(
    (reason): Row => [reason, faults.dropBefore(reason), unsent, { reason, server }]
  ),
  ...["ECONNRESET", "EPIPE", "UND_ERR_SOCKET", "E_NOBODY_KNOWS"].map(
    (reason): Row => [reason, faults.dropBefore(reason), lost, { reason, server }]
  ),
  [
    "no reply within the timeout",
    faults.latency({ before: 3_600_000 }),
    { ...late, takes: [7000, 1000] },
    { timeout: 7000 }
  ],
  [
    "a reply after the timeout",
    faults.latency({ after: 8000 }),
    { ...late, only: ["list"], takes: [7000, 1000] },
    { timeout: 7000 }
  ]
]

export const errors: ReadonlyArray<Case> = [refusals, wrongUrls, tooMany, serverErrors, invalid, connections].flatMap(
  (rows) =>
    rows.flatMap((row) =>
      (row[2].only ?? (["list", "create", "delete"] as const)).map((operation) =>
        caseOf(row, operation, calls[operation])
      )
    )
)
