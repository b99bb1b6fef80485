/** Grants and revokes that leave one permission of each project. */
import * as faults from "@checkpoint-permissions/fake/faults"
import { checkpoint, created, deleted, grant, projects, revoke, thrice, times } from "../builders.ts"
import type { Case } from "../case.ts"
import { read, readOf, report, whateverHappens } from "./mishaps.ts"

const { error } = faults

/** Failures while a duplicate is resolved: of the listing after its delete, and of the delete. */
const list401 = { kind: "AuthenticationError", answer: { fault: error(401), operation: "list", nth: 4 } } as const
const delete403 = { kind: "PermissionDeniedError", answer: { fault: error(403), operation: "delete" } } as const

/** A reply of `deleted: false` to a delete. */
const notDeleted = (options: { readonly worked?: boolean } = {}) =>
  faults.reply(200, { body: { ...deleted, deleted: false }, ...options })

export const access: ReadonlyArray<Case> = [
  ...whateverHappens,
  {
    name: "a refused create of one project reports it as the owner, also if the server does not name it",
    answers: [
      {
        fault: error(400, { message: "Cannot modify checkpoint permissions for the owning project" }),
        operation: "create"
      }
    ],
    call: grant("proj_a"),
    ok: { ...report, ownerProjects: ["proj_a"] },
    leaves: []
  },
  {
    name: "a grant fails with the refusal of a project, once the others are granted",
    answers: [
      { fault: error(400, { message: "one of them is unknown" }), operation: "create" },
      { fault: error(400, { message: "proj_a is unknown" }), operation: "create", nth: 2 }
    ],
    call: grant("proj_a", "proj_b"),
    fail: { kind: "BadRequestError", detail: "proj_a is unknown" },
    leaves: ["proj_b"]
  },
  {
    name: "a grant fails after five creates that are never executed",
    answers: [{ fault: error(502), operation: "create", times: 99 }],
    call: grant("proj_a"),
    fail: { kind: "ServerError", mayHaveExecuted: true },
    sent: [...times(5, [readOf("proj_a"), "create proj_a 502"]).flat(), readOf("proj_a")],
    took: [12_000, 18_000]
  },
  {
    name: "a create that is refused after one whose reply was lost may have been executed",
    answers: [
      { fault: faults.latency({ before: 40_000 }), operation: "create" },
      { fault: error(401), operation: "create", nth: 2 }
    ],
    call: grant("proj_a"),
    fail: { kind: "AuthenticationError", mayHaveExecuted: true },
    took: [30_800, 31_200]
  },
  {
    name: "a grant that cannot read sends no create",
    answers: [{ fault: faults.page("missing-has-more"), operation: "list" }],
    call: grant("proj_a"),
    fail: { kind: "InvalidResponseError" },
    sent: [readOf("proj_a")]
  },
  {
    name: "of several permissions of one age the one with the least id stays",
    has: ["cp_c", "cp_b", "cp_d"].map((id) => ({ project_id: "proj_a", id, created_at: 3 })),
    call: grant("proj_a"),
    ok: { ...report, alreadyGranted: ["proj_a"] },
    sent: [readOf("proj_a"), "delete cp_c 200", "delete cp_d 200", readOf("proj_a")]
  },
  {
    name: "a revoke deletes nothing when it cannot read all",
    has: projects(5),
    answers: [{ fault: faults.page("repeated-cursor"), operation: "list", times: 99 }],
    behavior: { maxLimit: 2 },
    call: revoke("proj_001", "proj_002"),
    fail: { kind: "IncompleteListingError" },
    leaves: projects(5)
  },
  {
    name: "a revoke restarts a listing that repeats its cursor",
    has: projects(5),
    answers: [{ fault: faults.page("repeated-cursor"), operation: "list" }],
    behavior: { maxLimit: 2 },
    call: revoke(...projects(5)),
    ok: { revoked: projects(5), absent: [], ownerProjects: [] },
    leaves: []
  },
  {
    name: "a grant whose reply is lost is resolved by reading, and not sent again",
    answers: [{ fault: faults.dropAfter(), operation: "create" }],
    behavior: { regrant: "second" },
    call: grant("proj_a", "proj_b"),
    ok: { ...report, granted: ["proj_a", "proj_b"] },
    sent: [read, "create proj_a proj_b dropped", read, read],
    leaves: ["proj_a", "proj_b"]
  },
  {
    name: "a reply that names only some of the projects is resolved by reading",
    answers: [{ fault: faults.reply(200, { body: created(0, "proj_a"), worked: true }), operation: "create" }],
    call: grant("proj_a", "proj_b"),
    ok: { ...report, granted: ["proj_a", "proj_b"] },
    sent: [read, "create proj_a proj_b 200", read, read],
    leaves: ["proj_a", "proj_b"]
  },
  {
    name: "a grant that never arrived is sent again once a snapshot does not show it",
    answers: [{ fault: faults.dropBefore("ECONNRESET"), operation: "create" }],
    behavior: { regrant: "second" },
    call: grant("proj_a"),
    ok: { ...report, granted: ["proj_a"] },
    sent: [readOf("proj_a"), "create proj_a dropped", readOf("proj_a"), "create proj_a 200", readOf("proj_a")],
    leaves: ["proj_a"],
    took: [800, 1200]
  },
  {
    name: "a grant that a gateway gave up on and that was done late leaves one permission: the oldest",
    answers: [{ fault: faults.lateWork(500, "gateway-timeout"), operation: "create" }],
    behavior: { regrant: "second" },
    call: grant("proj_a"),
    ok: { ...report, granted: ["proj_a"] },
    sent: [
      readOf("proj_a"),
      "create proj_a 504",
      readOf("proj_a"),
      "create proj_a 200",
      readOf("proj_a"),
      "delete cp_2 200",
      readOf("proj_a")
    ],
    leaves: ["proj_a"],
    took: [800, 1200]
  },
  {
    name: "where the server names the owning project and does nothing, the others are granted",
    behavior: { owners: { [checkpoint]: "proj_owner" } },
    call: grant("proj_a", "proj_owner", "proj_b"),
    ok: { ...report, granted: ["proj_a", "proj_b"], ownerProjects: ["proj_owner"] },
    sent: [read, "create proj_a proj_owner proj_b 400", read, "create proj_a proj_b 200", read],
    leaves: ["proj_a", "proj_b"]
  },
  {
    name: "where the server names the owning project and does the rest, the rest is not sent again",
    behavior: { owners: { [checkpoint]: "proj_owner" }, partialCreate: "others" },
    call: grant("proj_a", "proj_owner", "proj_b"),
    ok: { ...report, granted: ["proj_a", "proj_b"], ownerProjects: ["proj_owner"] },
    sent: [read, "create proj_a proj_owner proj_b 400", read, read],
    leaves: ["proj_a", "proj_b"]
  },
  {
    name: "a create that was answered is read until the listing shows it, and not sent again",
    behavior: { listingLag: 5000 },
    call: grant("proj_a"),
    ok: { ...report, granted: ["proj_a"] },
    sent: [readOf("proj_a"), "create proj_a 200", ...times(4, readOf("proj_a"))],
    leaves: ["proj_a"],
    took: 7000
  },
  {
    name: "a create that no listing shows for half a minute is not listed yet, and not sent again",
    behavior: { listingLag: 60000 },
    call: grant("proj_a"),
    ok: { ...report, notListedYet: ["proj_a"] },
    sent: [readOf("proj_a"), "create proj_a 200", ...times(6, readOf("proj_a"))],
    leaves: ["proj_a"],
    took: 30000
  },
  {
    name: "a create whose reply is lost, before listings that lag, is sent again: the second permission is awaited and deleted",
    answers: [{ fault: faults.dropAfter(), operation: "create" }],
    behavior: { listingLag: 5000, regrant: "second" },
    call: grant("proj_a"),
    ok: { ...report, granted: ["proj_a"] },
    sent: [
      readOf("proj_a"),
      "create proj_a dropped",
      readOf("proj_a"),
      "create proj_a 200",
      ...times(4, readOf("proj_a")),
      "delete cp_2 200",
      readOf("proj_a")
    ],
    leaves: ["proj_a"],
    took: [7800, 8200]
  },
  {
    name: "after two lost replies and a listing with one permission, a second one is awaited and deleted",
    answers: [{ fault: faults.dropAfter(), operation: "create", times: 2 }],
    behavior: { listingLag: 700, regrant: "second", latency: 100 },
    call: grant("proj_a"),
    ok: { ...report, granted: ["proj_a"] },
    sent: [
      readOf("proj_a"),
      ...times(2, ["create proj_a dropped", readOf("proj_a")]).flat(),
      readOf("proj_a"),
      readOf("proj_a"),
      "delete cp_2 200",
      readOf("proj_a")
    ],
    leaves: ["proj_a"],
    took: [2000, 3500]
  },
  ...(["conflict", "bad-request"] as const).map(
    (regrant): Case => ({
      name: `a create that is refused, since listings lag behind one whose reply was lost, is granted: ${regrant}`,
      answers: [{ fault: faults.dropAfter(), operation: "create" }],
      behavior: { listingLag: 20_000, regrant },
      call: grant("proj_a"),
      ok: { ...report, granted: ["proj_a"] },
      leaves: ["proj_a"],
      took: [15_000, 32_000]
    })
  ),
  {
    name: "a project may have a second permission if its create was sent twice and no listing of half a minute shows it",
    answers: [{ fault: faults.dropAfter(), operation: "create" }],
    behavior: { listingLag: 60_000, regrant: "second" },
    call: grant("proj_a"),
    ok: { ...report, notListedYet: ["proj_a"], mayBeDuplicated: ["proj_a"] },
    leaves: ["proj_a", "proj_a"],
    took: [30_000, 32_000]
  },
  ...([list401, delete403] as const).map(
    ({ answer, ...fail }): Case => ({
      name: `a grant that fails with a ${fail.kind} at a duplicate of its create says that it may have been executed`,
      answers: [{ fault: faults.lateWork(500, "gateway-timeout"), operation: "create" }, answer],
      behavior: { regrant: "second" },
      call: grant("proj_a"),
      fail: { ...fail, mayHaveExecuted: true },
      took: [800, 1200]
    })
  ),
  {
    name: "a grant whose second create is refused says that it may have been executed",
    answers: [{ fault: error(401), operation: "create", nth: 2 }],
    call: grant(...projects(101)),
    fail: { kind: "AuthenticationError", operation: "create", mayHaveExecuted: true },
    leaves: projects(100)
  },
  {
    name: "250 projects are three creates",
    call: grant(...projects(250)),
    ok: { ...report, granted: projects(250) },
    sent: [
      read,
      `create ${projects(100).join(" ")} 200`,
      `create ${projects(200).slice(100).join(" ")} 200`,
      `create ${projects(250).slice(200).join(" ")} 200`,
      read,
      "list?order=descending&after=cp_151&limit=100 200",
      "list?order=descending&after=cp_51&limit=100 200"
    ],
    leaves: projects(250)
  },
  {
    name: "a revoke whose 404 the listing belies fails",
    has: ["proj_001"],
    answers: [{ fault: faults.error(404), operation: "delete" }],
    call: revoke("proj_001"),
    fail: { kind: "NotFoundError" },
    sent: [readOf("proj_001"), "delete cp_1 404", "list?project_id=proj_001&limit=100 200"],
    leaves: ["proj_001"]
  },
  ...[[], [faults.html(502)]].map(
    (earlier): Case => ({
      name: `a revoke whose deleted: false the listing belies fails${earlier.length === 0 ? "" : ", also after a 502"}`,
      has: ["proj_001"],
      answers: [...earlier, notDeleted()].map((fault, index) => ({ fault, operation: "delete", nth: index + 1 })),
      options: thrice,
      call: revoke("proj_001"),
      fail: {
        kind: "InvalidResponseError",
        operation: "delete",
        checkpoint,
        reason: "the server replied `deleted: false` and still lists the permission",
        mayHaveExecuted: false
      },
      leaves: ["proj_001"],
      took: earlier.length * 1000
    })
  ),
  {
    name: "a revoke whose deleted: false the listing confirms has worked",
    has: ["proj_001"],
    answers: [{ fault: notDeleted({ worked: true }), operation: "delete" }],
    call: revoke("proj_001"),
    ok: { revoked: ["proj_001"], absent: [], ownerProjects: [] },
    sent: [readOf("proj_001"), "delete cp_1 200", "list?project_id=proj_001&limit=100 200"],
    leaves: []
  },
  {
    name: "a grant whose delete of a duplicate gets deleted: false fails, and the duplicate is still there",
    has: times(2, "proj_a"),
    answers: [{ fault: notDeleted(), operation: "delete" }],
    call: grant("proj_a"),
    fail: { kind: "InvalidResponseError", operation: "delete" },
    leaves: ["proj_a", "proj_a"]
  },
  {
    name: "a duplicate whose delete gets no permit within a minute is read again, and deleted immediately",
    has: times(3, "proj_a"),
    options: { pacing: { requests: 1, per: 300000 } },
    call: grant("proj_a"),
    ok: { ...report, alreadyGranted: ["proj_a"] },
    sent: [readOf("proj_a"), "delete cp_2 200", readOf("proj_a"), "delete cp_3 200", readOf("proj_a")],
    leaves: ["proj_a"],
    took: 600000
  },
  {
    name: "a grant whose delete of a duplicate is in flight at its time limit fails where the delete does",
    has: times(2, "proj_a"),
    answers: [{ fault: faults.error(403), operation: "delete" }],
    behavior: { latency: { min: 61_000, max: 61_000 } },
    options: { timeout: 120_000 },
    call: grant("proj_a"),
    fail: { kind: "PermissionDeniedError", operation: "delete" },
    sent: [readOf("proj_a"), "delete cp_2 403"],
    took: 122_000
  }
]
