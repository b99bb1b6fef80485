/** Listings, which end only where the server says so. */
import { unknowns } from "@checkpoint-permissions/fake/behavior"
import * as faults from "@checkpoint-permissions/fake/faults"
import { checkpoint, id, list, newest, projects, stream, times } from "../builders.ts"
import type { Case } from "../model.ts"

/** What a server may make of a cursor that it does not know, and of pages, since nobody has written it down. */
const servers = unknowns.unknownAfter.flatMap((unknownAfter) =>
  unknowns.shortPages.map((shortPages) => ({ unknownAfter, shortPages }))
)

const goneIs = {
  "bad-request": "BadRequestError",
  "not-found": "NotFoundError",
  "empty-page": "IncompleteListingError",
  restart: "IncompleteListingError"
}

const onEachServer = servers.flatMap((behavior): ReadonlyArray<Case> => {
  const { unknownAfter } = behavior
  const where = `where an unknown cursor is ${unknownAfter}, short pages ${behavior.shortPages}`
  return [
    {
      name: `an empty last page is confirmed before it is believed, ${where}`,
      // the project's permissions come first, so that the pages that follow are empty
      has: [...projects(25), "proj_x", "proj_x"],
      behavior,
      call: stream({ project_id: "proj_x", limit: 10 }),
      ok: ["proj_x", "proj_x"]
    },
    ...[{}, { project_id: "proj_009" }].map(
      (filter): Case => ({
        name: `a listing ${"project_id" in filter ? "of a project " : ""}resumed after what is gone fails, ${where}`,
        has: projects(10),
        behavior,
        call: stream({ limit: 4, order: "ascending", after: "cp_gone", ...filter }),
        fail: { kind: goneIs[unknownAfter], resumeAfter: "cp_gone" },
        given: []
      })
    ),
    {
      name: `a listing resumed after the last permission gives nothing, ${where}`,
      has: projects(10),
      behavior,
      call: stream({ limit: 4, after: id(1) }),
      ok: []
    }
  ]
})

export const paging: ReadonlyArray<Case> = [
  ...onEachServer,
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
      reason: "the server returned the cursor cp_000000000000000000000003 twice, so the listing would never end",
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
      reason: "the server starts over instead of continuing after cp_gone: it may have been deleted",
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
      reason: "nothing follows cp_gone, yet it is not the last permission: it may have been deleted",
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
    name: "a page size that the server lowers by itself is asked for on",
    has: projects(110),
    behavior: { maxLimit: 50, overLimit: "clamp" },
    call: stream(),
    ok: newest(110),
    sent: ["list?limit=100 200", "list?after=cp_61&limit=100 200", "list?after=cp_11&limit=100 200"]
  },
  {
    name: "a page size above 100 is lowered to 100 first",
    has: projects(110),
    options: { pageSize: 500 },
    behavior: { maxLimit: 100, overLimit: "bad-request" },
    call: stream(),
    ok: newest(110),
    sent: ["list?limit=500 400", "list?limit=100 200", "list?after=cp_11&limit=100 200"]
  },
  {
    name: "a page size that the caller names is lowered, too",
    has: projects(60),
    behavior: { maxLimit: 50, overLimit: "bad-request" },
    call: stream({ limit: 70 }),
    ok: newest(60),
    sent: ["list?limit=70 400", "list?limit=50 200", "list?after=cp_11&limit=50 200"]
  },
  {
    name: "a single page is asked for with the limit that the caller names, and no other",
    behavior: { maxLimit: 50, overLimit: "bad-request" },
    call: list({ limit: 70 }),
    fail: { kind: "BadRequestError", param: "limit" },
    sent: ["list?limit=70 400"]
  },
  {
    name: "a page size that no step fits is BadRequestError",
    has: projects(6),
    behavior: { maxLimit: 5, overLimit: "bad-request" },
    call: stream(),
    fail: { kind: "BadRequestError", param: "limit" },
    given: [],
    sent: [100, 50, 20, 10].map((limit) => `list?limit=${limit} 400`)
  },
  {
    name: "the page size is not to blame for another refusal",
    answers: [faults.error(400, { message: "Something else.", param: "order" })],
    call: stream(),
    fail: { kind: "BadRequestError", param: "order" },
    sent: ["list?limit=100 400"]
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
