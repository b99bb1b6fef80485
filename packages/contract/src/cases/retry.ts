/** What is sent again. */
import * as faults from "@checkpoint-permissions/fake/faults"
import { always, create, created, deleted, list, listed, remove, stream, thrice, times } from "../builders.ts"
import type { Case } from "../model.ts"

export const retry: ReadonlyArray<Case> = [
  {
    name: "a listing is sent again after a failure of the server, of the connection, and after a lost reply",
    has: ["proj_001"],
    answers: [faults.error(503), faults.dropBefore(), faults.dropAfter()],
    options: thrice,
    call: stream(),
    ok: ["proj_001"],
    sent: ["list?limit=100 503", "list?limit=100 dropped", "list?limit=100 dropped", "list?limit=100 200"],
    took: 3000
  },
  {
    name: "a call is sent again until the policy ends, and says how often it was sent",
    answers: [always(faults.error(503))],
    options: thrice,
    call: list(),
    fail: { kind: "ServerError", attempts: 4 },
    sent: times(4, "list 503"),
    took: 3000
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
    name: "a delay that would end after the cap is not begun: the call fails at once",
    answers: [faults.rateLimited({ "retry-after": "61" })],
    options: thrice,
    call: list(),
    fail: { kind: "RateLimitError", code: "rate_limit_exceeded", retryAfter: 61000 },
    sent: ["list 429"]
  },
  {
    name: "x-should-retry: false is believed",
    answers: [faults.error(503, { headers: { "x-should-retry": "false" } })],
    options: thrice,
    call: list(),
    fail: { kind: "ServerError" },
    sent: ["list 503"]
  },
  {
    name: "x-should-retry: true is believed, too",
    has: ["proj_001"],
    answers: [faults.error(400, { headers: { "x-should-retry": "true" } })],
    options: thrice,
    call: list(),
    ok: listed("proj_001"),
    sent: ["list 400", "list 200"],
    took: 1000
  },
  {
    name: "a create is repeated after a 429",
    answers: [faults.rateLimited()],
    options: thrice,
    call: create("proj_a"),
    ok: created(1, "proj_a"),
    sent: ["create proj_a 429", "create proj_a 200"],
    leaves: ["proj_a"],
    took: 1000
  },
  {
    name: "a create is repeated where no connection was made",
    answers: [faults.dropBefore()],
    options: thrice,
    call: create("proj_a"),
    ok: created(1, "proj_a"),
    sent: ["create proj_a dropped", "create proj_a 200"],
    leaves: ["proj_a"],
    took: 1000
  },
  {
    name: "a create is not repeated after a lost reply",
    answers: [faults.dropAfter()],
    options: thrice,
    call: create("proj_a"),
    fail: { kind: "ConnectionError", reason: "ECONNRESET", mayHaveExecuted: true },
    sent: ["create proj_a dropped"],
    leaves: ["proj_a"]
  },
  {
    name: "a create is not repeated after a reset before the work, which cannot be told from a lost reply",
    answers: [faults.dropBefore("ECONNRESET")],
    options: thrice,
    call: create("proj_a"),
    fail: { kind: "ConnectionError", reason: "ECONNRESET", mayHaveExecuted: true },
    sent: ["create proj_a dropped"],
    leaves: []
  },
  {
    name: "a create is not repeated after a 500",
    answers: [faults.error(500, { worked: true })],
    options: thrice,
    call: create("proj_a"),
    fail: { kind: "ServerError", mayHaveExecuted: true },
    sent: ["create proj_a 500"],
    leaves: ["proj_a"]
  },
  {
    name: "a create is not repeated after a 409",
    answers: [faults.error(409)],
    options: thrice,
    call: create("proj_a"),
    fail: { kind: "ConflictError" },
    sent: ["create proj_a 409"],
    leaves: []
  },
  {
    name: "a create is not repeated after a 503 that asks for it",
    answers: [faults.error(503, { headers: { "x-should-retry": "true" } })],
    options: thrice,
    call: create("proj_a"),
    fail: { kind: "ServerError", mayHaveExecuted: true },
    sent: ["create proj_a 503"],
    leaves: []
  },
  {
    name: "a delete whose reply was lost, and that is gone then, has worked",
    has: ["proj_001"],
    answers: [faults.dropAfter()],
    options: thrice,
    call: remove(),
    ok: deleted,
    sent: ["delete cp_1 dropped", "delete cp_1 404"],
    leaves: [],
    took: 1000
  },
  {
    name: "a 404 is not success after an attempt that was certainly not executed",
    has: ["proj_001"],
    answers: [faults.dropBefore()],
    options: thrice,
    call: remove("cp_other"),
    fail: { kind: "NotFoundError", code: "not_found", param: "permission_id", attempts: 2 },
    sent: ["delete cp_other dropped", "delete cp_other 404"],
    leaves: ["proj_001"],
    took: 1000
  },
  {
    name: "a 404 is not success after a 404 of which only the head came in time",
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
    name: "a delete of what is not there fails, and is not repeated",
    has: ["proj_001"],
    options: thrice,
    call: remove("cp_other"),
    fail: { kind: "NotFoundError", code: "not_found", param: "permission_id" },
    sent: ["delete cp_other 404"],
    leaves: ["proj_001"]
  },
  {
    name: "a delete that worked, and is answered with deleted: false the second time, has worked",
    has: ["proj_001"],
    answers: [faults.error(502, { worked: true })],
    behavior: { deleteGone: "deleted-false" },
    options: thrice,
    call: remove(),
    ok: deleted,
    sent: ["delete cp_1 502", "delete cp_1 200"],
    leaves: [],
    took: 1000
  },
  {
    name: "an attempt that takes too long is given up, and another one made",
    has: ["proj_001"],
    answers: [faults.latency({ before: 60000 })],
    options: { ...thrice, timeout: 5000 },
    call: list(),
    ok: listed("proj_001"),
    sent: ["list abandoned", "list 200"],
    took: 6000
  },
  {
    name: "the standard policy outlasts a minute of 429s",
    has: ["proj_001"],
    answers: [{ fault: faults.rateLimited(), times: 6 }],
    options: { retry: "standard" },
    call: list(),
    ok: listed("proj_001"),
    sent: [...times(6, "list 429"), "list 200"],
    took: [48000, 83200]
  },
  {
    name: "the standard policy gives a failing server five more attempts",
    answers: [always(faults.error(500))],
    options: { retry: "standard" },
    call: list(),
    fail: { kind: "ServerError", attempts: 6 },
    sent: times(6, "list 500"),
    took: [12400, 18600]
  }
]
