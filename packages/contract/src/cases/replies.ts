/** The meanings of replies that the table of errors does not show. */
import * as faults from "@checkpoint-permissions/fake/faults"
import { create, deleted, id, list, listed, remove } from "../builders.ts"
import type { Case } from "../case.ts"

export const replies: ReadonlyArray<Case> = [
  {
    name: "a page is returned with the field names of the API",
    has: ["proj_001", "proj_002"],
    call: list(),
    ok: listed("proj_001", "proj_002"),
    sent: ["list 200"]
  },
  {
    name: "a list has the key and the type that it accepts in its headers",
    call: list(),
    ok: listed(),
    headers: { accept: "application/json", authorization: "Bearer <redacted>", "content-type": undefined }
  },
  {
    name: "a create has a content type, and the key in the configured header",
    options: { apiUrl: "https://gateway.example/a%2Fb/v1/", authHeader: "X-Gateway-Token" },
    call: create("proj_a"),
    fail: { kind: "InvalidResponseError" },
    headers: { authorization: undefined, "content-type": "application/json", "x-gateway-token": "<redacted>" }
  },
  {
    name: "a page may lack first_id and last_id, and keeps unknown fields",
    answers: [faults.reply(200, { body: { object: "list", data: [], has_more: false, total: { of: 1 } } })],
    call: list(),
    ok: { object: "list", data: [], has_more: false, total: { of: 1 } },
    sent: ["list 200"]
  },
  {
    name: "a create returns its reply as one page, whatever has_more is",
    answers: [faults.reply(200, { body: { object: "list", data: [], has_more: true } })],
    call: create("proj_a"),
    ok: { object: "list", data: [], has_more: true },
    sent: ["create proj_a 200"]
  },
  {
    name: "a first delete with the reply deleted: false returns it unchanged",
    behavior: { deleteGone: "deleted-false" },
    call: remove(),
    ok: { ...deleted, deleted: false },
    sent: ["delete cp_1 200"]
  },
  {
    name: "a body that breaks off is a connection that broke off",
    has: ["proj_001", "proj_002", "proj_003"],
    answers: [faults.truncatedBody()],
    call: list(),
    fail: { kind: "ConnectionError", status: 200, reason: "UND_ERR_SOCKET" },
    sent: ["list 200"]
  },
  {
    name: "half a body that looks whole is no JSON",
    has: ["proj_001", "proj_002", "proj_003"],
    answers: [faults.truncatedBody({ then: "end" })],
    call: list(),
    fail: {
      kind: "InvalidResponseError",
      reason: `a body that is not JSON (application/json): {"object":"list","data":[{"id":"${id(3)}"`
    },
    sent: ["list 200"]
  },
  {
    name: "a body that never ends is a timeout that has the status and the request id of its head",
    has: ["proj_001", "proj_002", "proj_003"],
    answers: [faults.endless({ every: 1000 })],
    options: { timeout: 5000 },
    call: list(),
    fail: { kind: "RequestTimeoutError", timeout: 5000, status: 200, requestId: `req_${"1".padStart(32, "0")}` },
    sent: ["list 200"],
    took: 5000
  },
  {
    name: "an error of a wrong base URL names the server",
    answers: [faults.html(404)],
    options: { apiUrl: "https://gateway.example/v1" },
    call: list(),
    fail: { kind: "InvalidResponseError", reason: "https://gateway.example/v1 has no such route" },
    sent: ["list 404"]
  },
  {
    name: "an error of the connection names the server",
    answers: [faults.dropBefore()],
    options: { apiUrl: "https://gateway.example/v1" },
    call: list(),
    fail: {
      kind: "ConnectionError",
      reason: "ECONNREFUSED",
      server: "https://gateway.example/v1",
      cause: { code: "ECONNREFUSED", message: "connect ECONNREFUSED 127.0.0.1:443" }
    },
    sent: ["list dropped"]
  },
  {
    name: "the key is removed from the message of a server",
    answers: [faults.error(400, { message: "no such key: sk-admin-test" })],
    call: list(),
    fail: { kind: "BadRequestError", detail: "no such key: <redacted>" },
    sent: ["list 400"]
  }
]
