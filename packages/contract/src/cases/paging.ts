/** Listings, which end only where the server says so. */
import * as faults from "@checkpoint-permissions/fake/faults"
import { checkpoint, id, newest, projects, stream, times } from "../builders.ts"
import type { Case } from "../model.ts"

export const paging: ReadonlyArray<Case> = [
  {
    name: "a listing of two pages and a half is three requests",
    has: projects(25),
    call: stream({ limit: 10 }),
    ok: newest(25),
    sent: ["list?limit=10 200", "list?after=cp_16&limit=10 200", "list?after=cp_6&limit=10 200"]
  },
  {
    name: "Stream.take(5) costs one request",
    has: projects(300),
    call: stream({}, 5),
    ok: newest(300, 5),
    sent: ["list?limit=100 200"]
  },
  {
    name: "the whole first page costs one request",
    has: projects(300),
    call: stream({}, 100),
    ok: newest(300, 100),
    sent: ["list?limit=100 200"]
  },
  {
    name: "one permission more costs one page, and one page ahead",
    has: projects(300),
    call: stream({}, 101),
    ok: newest(300, 101),
    sent: ["list?limit=100 200", "list?after=cp_201&limit=100 200", "list?after=cp_101&limit=100 200"]
  },
  {
    name: "without prefetch there is no page ahead",
    has: projects(300),
    options: { prefetch: false },
    call: stream({}, 101),
    ok: newest(300, 101),
    sent: ["list?limit=100 200", "list?after=cp_201&limit=100 200"]
  },
  { name: "a checkpoint without permissions is one request", call: stream(), ok: [], sent: ["list?limit=100 200"] },
  {
    name: "a listing of a project asks for it",
    has: ["proj_a", "proj_b", "proj_a"],
    behavior: { regrant: "second" },
    call: stream({ project_id: "proj_a" }),
    ok: ["proj_a", "proj_a"],
    sent: ["list?project_id=proj_a&limit=100 200"]
  },
  {
    name: "a listing may begin with the oldest",
    has: projects(3),
    call: stream({ order: "ascending" }),
    ok: projects(3),
    sent: ["list?order=ascending&limit=100 200"]
  },
  {
    name: "short pages do not end a listing",
    has: projects(9),
    behavior: { shortPages: { seed: 3 } },
    call: stream({ limit: 4 }),
    ok: newest(9),
    sent: [
      "list?limit=4 200",
      "list?after=cp_8&limit=4 200",
      "list?after=cp_6&limit=4 200",
      "list?after=cp_2&limit=4 200"
    ]
  },
  {
    name: "pages that are empty in the middle do not end a listing",
    has: ["proj_a", "proj_b", "proj_b", "proj_b", "proj_b", "proj_a"],
    behavior: { shortPages: "filter-after-limit" },
    call: stream({ limit: 2, project_id: "proj_a" }),
    ok: ["proj_a", "proj_a"],
    sent: [
      "list?project_id=proj_a&limit=2 200",
      "list?project_id=proj_a&after=cp_5&limit=2 200",
      "list?project_id=proj_a&after=cp_3&limit=2 200"
    ]
  },
  {
    name: "a page without has_more ends the listing with an error",
    has: projects(5),
    answers: [faults.page("missing-has-more")],
    call: stream({ limit: 2 }),
    fail: { kind: "InvalidResponseError", reason: "has_more: is missing" },
    sent: ["list?limit=2 200"]
  },
  {
    name: "has_more: true without last_id falls back to the last item's id",
    has: projects(5),
    answers: [faults.page("missing-last-id")],
    call: stream({ limit: 2 }),
    ok: newest(5),
    sent: ["list?limit=2 200", "list?after=cp_4&limit=2 200", "list?after=cp_2&limit=2 200"]
  },
  {
    name: "a cursor that comes again ends the listing with an error",
    has: projects(6),
    answers: [{ fault: faults.page("repeated-cursor"), nth: 2, times: 9 }],
    call: stream({ limit: 2 }),
    fail: {
      kind: "IncompleteListingError",
      resumeAfter: id(1),
      reason: "the server gives the cursor cp_000000000000000000000003 a second time, which would never end",
      received: 6
    },
    sent: ["list?limit=2 200", "list?after=cp_5&limit=2 200", "list?after=cp_3&limit=2 200"]
  },
  {
    name: "a failure on the way says where to resume",
    has: projects(6),
    answers: [{ fault: faults.error(500), nth: 3, times: 9 }],
    call: stream({ limit: 2 }),
    fail: { kind: "ServerError", resumeAfter: id(3) },
    sent: ["list?limit=2 200", "list?after=cp_5&limit=2 200", "list?after=cp_3&limit=2 500"]
  },
  {
    name: "a resumed listing gives what comes after the permission",
    has: projects(6),
    call: stream({ limit: 10, after: id(4) }),
    ok: newest(3),
    sent: ["list?after=cp_4&limit=10 200", "list?limit=10 200"]
  },
  {
    name: "a listing resumed after what is gone fails, where the server starts over",
    has: projects(3),
    behavior: { unknownAfter: "restart" },
    call: stream({ after: "cp_gone" }),
    fail: {
      kind: "IncompleteListingError",
      resumeAfter: "cp_gone",
      reason: "the server starts over where it was asked to go on after cp_gone: it may be gone",
      received: 0
    },
    sent: ["list?after=cp_gone&limit=100 200", "list?limit=100 200"]
  },
  {
    name: "a listing resumed after what is gone fails, where the server answers an empty page",
    has: projects(3),
    behavior: { unknownAfter: "empty-page" },
    call: stream({ after: "cp_gone" }),
    fail: {
      kind: "IncompleteListingError",
      resumeAfter: "cp_gone",
      reason: "nothing comes after cp_gone, yet it is not the last permission: it may be gone",
      received: 0
    },
    sent: ["list?after=cp_gone&limit=100 200", "list?order=ascending&limit=100 200"]
  },
  {
    name: "a page size that is refused is lowered step by step",
    has: projects(12),
    behavior: { maxLimit: 10, overLimit: "bad-request" },
    call: stream(),
    ok: newest(12),
    sent: [
      "list?limit=100 400",
      "list?limit=50 400",
      "list?limit=20 400",
      "list?limit=10 200",
      "list?after=cp_3&limit=10 200"
    ]
  },
  {
    name: "a page size that is refused is not asked for again",
    has: projects(60),
    behavior: { maxLimit: 50, overLimit: "bad-request" },
    call: { call: "streams", checkpoint, count: 2 },
    ok: [60, 60],
    sent: [
      "list?limit=100 400",
      "list?limit=50 200",
      "list?after=cp_11&limit=50 200",
      "list?limit=50 200",
      "list?after=cp_11&limit=50 200"
    ]
  },
  {
    name: "a limit on spending is no page size",
    has: projects(300),
    answers: [{ fault: faults.error(400, { message: "You have reached your spending limit" }), times: 4 }],
    call: { call: "streams", checkpoint, count: 5 },
    ok: [...times(4, "BadRequestError"), 300],
    sent: [
      ...times(4, "list?limit=100 400"),
      "list?limit=100 200",
      "list?after=cp_201&limit=100 200",
      "list?after=cp_101&limit=100 200"
    ]
  },
  {
    name: "a page size is forgotten if no page of a smaller one came",
    has: projects(300),
    answers: [{ fault: faults.error(400, { message: "Invalid 'limit'", param: "limit" }), times: 4 }],
    call: { call: "streams", checkpoint, count: 2 },
    ok: ["BadRequestError", 300],
    sent: [
      "list?limit=100 400",
      "list?limit=50 400",
      "list?limit=20 400",
      "list?limit=10 400",
      "list?limit=100 200",
      "list?after=cp_201&limit=100 200",
      "list?after=cp_101&limit=100 200"
    ]
  }
]
