/** Retries: the requests that are sent again. */
import * as faults from "@checkpoint-permissions/fake/faults"
import {
  always,
  create,
  created,
  deleted,
  list,
  listed,
  newest,
  projects,
  remove,
  repeat,
  stream,
  thrice,
  times
} from "../builders.ts"
import type { Case } from "../case.ts"

const { error, html } = faults

/** Faults after which the server may have executed the request. A create is sent once, and the error reports this. */
const doubtful = [
  ["a lost reply", faults.dropAfter(), "dropped", 1],
  ["a reset before the work, which looks the same", faults.dropBefore("ECONNRESET"), "dropped", 0],
  ["a broken pipe", faults.dropBefore("EPIPE"), "dropped", 0],
  ["a gateway that gave up before the work", faults.lateWork(5000, "gateway-timeout"), "504", 0],
  ["a connection that broke before the work", faults.lateWork(5000, "drop"), "dropped", 0],
  ["a timeout before the work", faults.latency({ before: 3_600_000 }), "abandoned", 0],
  ["a timeout after the work", faults.latency({ after: 3_600_000 }), "abandoned", 1],
  ["half a reply", faults.truncatedBody(), "200", 1],
  ["half a reply that looks whole", faults.truncatedBody({ then: "end" }), "200", 1],
  ["HTML with status 200", html(200, { worked: true }), "200", 1],
  ["a proxy's 502", html(502, { worked: true }), "502", 1],
  ["a 500", error(500, { worked: true }), "500", 1],
  ["a 503 with x-should-retry: true", error(503, { headers: { "x-should-retry": "true" } }), "503", 0],
  ["a 408", error(408, { worked: true }), "408", 1],
  ["a 204", faults.reply(204, { worked: true }), "204", 1],
  ["a redirect", faults.redirect("https://api.openai.com/v1/elsewhere"), "307", 0],
  ["a reply that never ends", faults.endless({ every: 5000 }), "200", 1],
  ["a body that cannot be decompressed", faults.falseGzip, "200", 1]
] as const

/** Faults after which the server has certainly not executed the request. */
const certain = [
  faults.rateLimited(),
  faults.rateLimited({ "retry-after": "1" }),
  faults.dropBefore(),
  faults.dropBefore("ENOTFOUND")
]

/** Faults after which a delete was executed, although no reply confirms it. */
const lost = [
  ["a lost reply", faults.dropAfter(), "dropped", 1000],
  ["a 500", error(500, { worked: true }), "500", 1000],
  ["a proxy's 504", html(504, { worked: true }), "504", 1000],
  ["a 408", error(408, { worked: true }), "408", 1000],
  ["a timeout", faults.latency({ after: 60_000 }), "abandoned", 6000],
  ["half a reply", faults.truncatedBody(), "200", 1000]
] as const

const generated: ReadonlyArray<Case> = [
  ...doubtful.map(
    ([after, fault, became, done]): Case => ({
      name: `a create is not repeated after ${after}, though it was before`,
      answers: [faults.rateLimited(), fault],
      behavior: { regrant: "second" },
      options: { ...thrice, timeout: 20_000 },
      call: create("proj_a"),
      fail: { attempts: 2, mayHaveExecuted: true },
      sent: ["create proj_a 429", `create proj_a ${became}`],
      leaves: times(done, "proj_a"),
      took: [1000, 21_000]
    })
  ),
  ...certain.map(
    (fault, index): Case => ({
      name: `a create is repeated until the policy ends where the server has certainly done nothing (${index})`,
      answers: times(3, fault),
      options: thrice,
      call: create("proj_a"),
      ok: created(3, "proj_a"),
      leaves: ["proj_a"],
      took: 3000
    })
  ),
  ...lost.map(
    ([after, fault, became, took]): Case => ({
      name: `a delete that finds nothing after ${after} has worked`,
      has: ["proj_001"],
      answers: [fault],
      options: { ...thrice, timeout: 5000 },
      call: remove(),
      ok: deleted,
      sent: [`delete cp_1 ${became}`, "delete cp_1 404"],
      leaves: [],
      took
    })
  ),
  ...(["not-found", "deleted-false", "deleted-true"] as const).map(
    (deleteGone): Case => ({
      name: `a delete whose reply was lost, then refused, returns the reply of a repeated delete: ${deleteGone}`,
      has: ["proj_001", "proj_002"],
      answers: [faults.dropAfter(), faults.rateLimited()],
      behavior: { deleteGone },
      options: thrice,
      call: remove(),
      ok: { ...deleted, deleted: deleteGone !== "deleted-false" },
      leaves: ["proj_002"],
      took: 2000
    })
  ),
  ...(
    [
      [faults.rateLimited(), "RateLimitError"],
      [faults.dropBefore(), "ConnectionError"],
      [error(401), "AuthenticationError"],
      [faults.quotaExhausted, "QuotaExhaustedError"],
      [error(400), "BadRequestError"]
    ] as const
  ).map(
    ([fault, kind]): Case => ({
      name: `a delete whose reply was lost stays in doubt: ${kind} after it`,
      has: ["proj_001"],
      answers: [faults.dropAfter(), always(fault)],
      options: thrice,
      call: remove(),
      fail: { kind, mayHaveExecuted: true },
      took: [1000, 3000]
    })
  ),
  ...[faults.rateLimited(), faults.dropBefore(), error(409)].map(
    (fault, index): Case => ({
      name: `a 404 is not success after attempts that certainly did nothing (${index})`,
      answers: [fault, fault],
      options: thrice,
      call: remove(),
      fail: { kind: "NotFoundError", attempts: 3 },
      took: 2000
    })
  )
]

export const retry: ReadonlyArray<Case> = [
  ...generated,
  {
    name: "a Retry-After that is a date counts from the time of the client's clock",
    answers: [faults.rateLimited({ "retry-after": "Thu, 01 Jan 1970 00:00:30 GMT" })],
    options: thrice,
    call: list(),
    ok: listed(),
    sent: ["list 429", "list 200"],
    took: 30_000
  },
  {
    name: "the cap may be reached to the millisecond",
    answers: [always(error(500))],
    options: { retry: { times: 9, every: 4000, cap: 8000 } },
    call: list(),
    fail: { kind: "ServerError", attempts: 3 },
    sent: times(3, "list 500"),
    took: 8000
  },
  {
    name: "the cap counts the attempts, too",
    answers: [always(faults.latency({ before: 3_600_000 }))],
    options: { timeout: 5000, retry: { times: 9, every: 1000, cap: 11_500 } },
    call: list(),
    fail: { kind: "RequestTimeoutError", attempts: 2 },
    sent: times(2, "list abandoned"),
    took: 11_000
  },
  {
    name: "each page of a listing has attempts of its own",
    has: projects(4),
    answers: [
      { fault: error(503), times: 3 },
      { fault: error(503), nth: 5, times: 3 }
    ],
    options: thrice,
    call: stream({ limit: 2 }),
    ok: newest(4),
    sent: [
      ...times(3, "list?limit=2 503"),
      "list?limit=2 200",
      ...times(3, "list?after=cp_3&limit=2 503"),
      "list?after=cp_3&limit=2 200"
    ],
    took: 6000
  },
  {
    name: "the standard policy waits out a quota of ten calls a minute without headers",
    has: ["proj_001"],
    behavior: { rate: { requests: 10, per: 60_000 } },
    options: { retry: "standard" },
    call: repeat(25),
    ok: times(25, listed("proj_001")),
    took: [60_000, 600_000]
  },
  {
    name: "Retry-After is a lower bound",
    has: ["proj_001"],
    answers: [faults.rateLimited({ "retry-after": "7" }), faults.rateLimited({ "retry-after-ms": "20" })],
    options: thrice,
    call: list(),
    ok: listed("proj_001"),
    sent: ["list 429", "list 429", "list 200"],
    took: 8000
  },
  {
    name: "a delay that would end after the cap is not started: the call fails immediately",
    answers: [faults.rateLimited({ "retry-after": "61" })],
    options: thrice,
    call: list(),
    fail: { kind: "RateLimitError", code: "rate_limit_exceeded", retryAfter: 61000 },
    sent: ["list 429"]
  },
  {
    name: "a 404 is not success after a 404 of which only the head arrived in time",
    has: ["proj_001"],
    answers: [faults.endless({ chunk: 1024, every: 1000 })],
    options: { ...thrice, timeout: 5000 },
    call: remove("cp_other"),
    fail: { kind: "NotFoundError", code: "not_found", param: "permission_id", attempts: 2 },
    sent: ["delete cp_other 404", "delete cp_other 404"],
    leaves: ["proj_001"],
    took: 6000
  },
  {
    name: "a 404 is not success after a 404 that broke off",
    has: ["proj_001"],
    answers: [faults.truncatedBody()],
    options: thrice,
    call: remove("cp_other"),
    fail: { kind: "NotFoundError", code: "not_found", param: "permission_id", attempts: 2 },
    sent: ["delete cp_other 404", "delete cp_other 404"],
    leaves: ["proj_001"],
    took: 1000
  },
  {
    name: "the standard policy retries five times on a failing server",
    answers: [always(faults.error(500))],
    options: { retry: "standard" },
    call: list(),
    fail: { kind: "ServerError", attempts: 6 },
    sent: times(6, "list 500"),
    took: [12400, 18600]
  }
]
