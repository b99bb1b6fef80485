/** Listings end only if the server says that nothing follows. */
import { unknowns } from "@checkpoint-permissions/fake/behavior"
import * as faults from "@checkpoint-permissions/fake/faults"
import { id, list, newest, projects, repeat, stream, times } from "../builders.ts"
import type { Case } from "../case.ts"

/** The undocumented ways in which a server may handle an unknown cursor, and the sizes of pages. */
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
      name: `an empty last page is confirmed before it is accepted, ${where}`,
      // the project's permissions come first, so that the following pages are empty
      has: [...projects(25), "proj_x", "proj_x"],
      behavior,
      call: stream({ project_id: "proj_x", limit: 10 }),
      ok: ["proj_x", "proj_x"]
    },
    ...[{}, { project_id: "proj_009" }].map(
      (filter): Case => ({
        name: `a listing ${"project_id" in filter ? "of a project " : ""}resumed after a deleted permission fails, ${where}`,
        has: projects(10),
        behavior,
        call: stream({ limit: 4, order: "ascending", after: "cp_gone", ...filter }),
        fail: { kind: goneIs[unknownAfter], resumeAfter: "cp_gone" },
        given: []
      })
    ),
    {
      name: `a listing resumed after the last permission is empty, ${where}`,
      has: projects(10),
      behavior,
      call: stream({ limit: 4, after: id(1) }),
      ok: []
    }
  ]
})

/** A value for each parameter of a listing. */
export const everyParam = { project_id: "proj_x", order: "ascending", after: id(1), limit: 1 } as const

/** The request for a page of that listing, after this permission. */
const pageAfter = (n?: number): string => {
  const { after: _, limit, ...filter } = everyParam
  const query = { ...filter, ...(n === undefined ? {} : { after: `cp_${n}` }), limit }
  return `list?${Object.entries(query)
    .map((entry) => entry.join("="))
    .join("&")} 200`
}

export const paging: ReadonlyArray<Case> = [
  ...onEachServer,
  {
    name: "each parameter is in the requests of all pages, and in the one that compares a resumed listing with its start",
    has: times(4, "proj_x"),
    call: stream(everyParam),
    ok: times(3, "proj_x"),
    sent: [pageAfter(1), pageAfter(), pageAfter(2), pageAfter(3)]
  },
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
    name: "one permission more costs one page, and one page ahead",
    has: projects(300),
    call: stream({}, 101),
    ok: newest(300, 101),
    sent: ["list?limit=100 200", "list?after=cp_201&limit=100 200", "list?after=cp_101&limit=100 200"]
  },
  {
    name: "the next page is read while the consumer works on the one before",
    has: projects(20),
    behavior: { latency: 10_000 },
    call: { ...stream({ limit: 5 }), each: 2000 },
    ok: newest(20),
    // the second page is requested when the first is consumed
    took: 2 * 10_000 + 4 * 10_000
  },
  {
    name: "a failure of the page ahead loses none of the permissions before",
    has: projects(10),
    answers: [{ fault: faults.error(500), nth: 3, times: 9 }],
    call: { ...stream({ limit: 2 }), each: 1000 },
    fail: { kind: "ServerError", resumeAfter: id(7) },
    given: newest(10, 4),
    took: 4000
  },
  {
    name: "without prefetch there is no page ahead",
    has: projects(300),
    options: { prefetch: false },
    call: stream({}, 101),
    ok: newest(300, 101),
    sent: ["list?limit=100 200", "list?after=cp_201&limit=100 200"]
  },
  {
    name: "a listing of a project sends its id with every page",
    has: ["proj_a", "proj_b", "proj_a"],
    behavior: { regrant: "second" },
    call: stream({ project_id: "proj_a", limit: 1 }),
    ok: ["proj_a", "proj_a"],
    sent: ["list?project_id=proj_a&limit=1 200", "list?project_id=proj_a&after=cp_3&limit=1 200"]
  },
  {
    name: "a listing may begin with the oldest",
    has: projects(3),
    call: stream({ order: "ascending" }),
    ok: projects(3),
    sent: ["list?order=ascending&limit=100 200"]
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
    name: "a page size that the server lowers by itself is sent on",
    has: projects(110),
    behavior: { maxLimit: 50, overLimit: "clamp" },
    call: stream(),
    ok: newest(110),
    sent: ["list?limit=100 200", "list?after=cp_61&limit=100 200", "list?after=cp_11&limit=100 200"]
  },
  {
    name: "a single page is requested with the caller's limit only",
    behavior: { maxLimit: 50, overLimit: "bad-request" },
    call: list({ limit: 70 }),
    fail: { kind: "BadRequestError", param: "limit" },
    sent: ["list?limit=70 400"]
  },
  {
    name: "a page size that is refused is not sent again",
    has: projects(60),
    behavior: { maxLimit: 50, overLimit: "bad-request" },
    call: repeat(2, stream()),
    ok: times(2, newest(60)),
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
    call: repeat(5, stream()),
    ok: [...times(4, "BadRequestError"), newest(300)],
    sent: [
      ...times(4, "list?limit=100 400"),
      "list?limit=100 200",
      "list?after=cp_201&limit=100 200",
      "list?after=cp_101&limit=100 200"
    ]
  },
  {
    name: "a smaller page size is discarded if no page of it arrived",
    has: projects(300),
    answers: [{ fault: faults.error(400, { message: "Invalid 'limit'", param: "limit" }), times: 4 }],
    call: repeat(2, stream()),
    ok: ["BadRequestError", newest(300)],
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
