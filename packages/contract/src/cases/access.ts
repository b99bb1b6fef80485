/** Grants and revokes, each exactly once. */
import * as faults from "@checkpoint-permissions/fake/faults"
import { checkpoint, grant, projects, revoke, thrice, times } from "../builders.ts"
import type { Case } from "../model.ts"

const read = "list?order=descending&limit=100 200"
const readOf = (project: string): string => `list?project_id=${project}&order=descending&limit=100 200`
const report = { granted: [], unlisted: [], alreadyGranted: [], owning: [] }

export const access: ReadonlyArray<Case> = [
  {
    name: "a grant reads, creates what is missing, and reads again",
    has: ["proj_001"],
    call: grant("proj_a", "proj_001"),
    ok: { ...report, granted: ["proj_a"], alreadyGranted: ["proj_001"] },
    sent: [read, "create proj_a 200", read],
    leaves: ["proj_001", "proj_a"]
  },
  {
    name: "a grant to those who have it sends one request",
    has: ["proj_001", "proj_002"],
    call: grant("proj_001", "proj_002"),
    ok: { ...report, alreadyGranted: ["proj_001", "proj_002"] },
    sent: [read],
    leaves: ["proj_001", "proj_002"]
  },
  {
    name: "a grant whose reply is lost is settled by reading, and not sent again",
    answers: [{ fault: faults.dropAfter(), operation: "create" }],
    behavior: { regrant: "second" },
    call: grant("proj_a", "proj_b"),
    ok: { ...report, granted: ["proj_a", "proj_b"] },
    sent: [read, "create proj_a proj_b dropped", read, read],
    leaves: ["proj_a", "proj_b"]
  },
  {
    name: "a grant that never got there is sent again once a reading does not show it",
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
    ok: { ...report, granted: ["proj_a", "proj_b"], owning: ["proj_owner"] },
    sent: [read, "create proj_a proj_owner proj_b 400", read, "create proj_a proj_b 200", read],
    leaves: ["proj_a", "proj_b"]
  },
  {
    name: "where the server names the owning project and does the rest, the rest is not sent again",
    behavior: { owners: { [checkpoint]: "proj_owner" }, partialCreate: "others" },
    call: grant("proj_a", "proj_owner", "proj_b"),
    ok: { ...report, granted: ["proj_a", "proj_b"], owning: ["proj_owner"] },
    sent: [read, "create proj_a proj_owner proj_b 400", read, read],
    leaves: ["proj_a", "proj_b"]
  },
  {
    name: "who has access already is not sent, where that would be a conflict",
    has: ["proj_b"],
    behavior: { regrant: "conflict", listingLag: 0 },
    call: grant("proj_a", "proj_b"),
    ok: { ...report, granted: ["proj_a"], alreadyGranted: ["proj_b"] },
    sent: [read, "create proj_a 200", read],
    leaves: ["proj_b", "proj_a"]
  },
  {
    name: "of two permissions of one project the older stays",
    has: [
      { project_id: "proj_a", created_at: 1 },
      { project_id: "proj_a", created_at: 2 }
    ],
    call: grant("proj_a"),
    ok: { ...report, alreadyGranted: ["proj_a"] },
    sent: [readOf("proj_a"), "delete cp_2 200", readOf("proj_a")],
    leaves: ["proj_a"]
  },
  {
    name: "a create that was answered is read until the listing shows it, and not sent again",
    behavior: { listingLag: 5000 },
    call: grant("proj_a"),
    ok: { ...report, granted: ["proj_a"] },
    sent: [
      readOf("proj_a"),
      "create proj_a 200",
      readOf("proj_a"),
      readOf("proj_a"),
      readOf("proj_a"),
      readOf("proj_a")
    ],
    leaves: ["proj_a"],
    took: 7000
  },
  {
    name: "a create that no listing shows for half a minute is unlisted, and not sent again",
    behavior: { listingLag: 60000 },
    call: grant("proj_a"),
    ok: { ...report, unlisted: ["proj_a"] },
    sent: [
      readOf("proj_a"),
      "create proj_a 200",
      readOf("proj_a"),
      readOf("proj_a"),
      readOf("proj_a"),
      readOf("proj_a"),
      readOf("proj_a"),
      readOf("proj_a")
    ],
    leaves: ["proj_a"],
    took: 30000
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
    name: "a grant with a key that lacks the scope fails at the first create",
    behavior: { keys: [{ key: "sk-admin-test", scopes: ["api.fine_tuning.checkpoints.read"] }] },
    call: grant("proj_a"),
    fail: { kind: "MissingScopeError", code: "missing_scope", scopes: ["api.fine_tuning.checkpoints.write"] },
    sent: [readOf("proj_a"), "create proj_a 401"],
    leaves: []
  },
  {
    name: "a revoke reads once, and deletes what it finds",
    has: ["proj_001", "proj_002", "proj_003"],
    call: revoke("proj_001", "proj_009"),
    ok: { revoked: ["proj_001"], absent: ["proj_009"], owning: [] },
    sent: [read, "delete cp_1 200"],
    leaves: ["proj_002", "proj_003"]
  },
  {
    name: "a revoke deletes every permission of a project",
    has: [
      { project_id: "proj_a", created_at: 1 },
      { project_id: "proj_a", created_at: 2 }
    ],
    call: revoke("proj_a"),
    ok: { revoked: ["proj_a"], absent: [], owning: [] },
    sent: [readOf("proj_a"), "delete cp_1 200", "delete cp_2 200"],
    leaves: []
  },
  {
    name: "a revoke whose reply is lost, and that finds nothing then, has worked",
    has: ["proj_001"],
    answers: [{ fault: faults.dropAfter(), operation: "delete" }],
    options: thrice,
    call: revoke("proj_001"),
    ok: { revoked: ["proj_001"], absent: [], owning: [] },
    sent: [readOf("proj_001"), "delete cp_1 dropped", "delete cp_1 404"],
    leaves: [],
    took: 1000
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
  {
    name: "a duplicate whose delete does not get its turn within a minute is read again, and deleted at once",
    has: times(3, "proj_a"),
    options: { pacing: { requests: 1, per: 300000 } },
    call: grant("proj_a"),
    ok: { ...report, alreadyGranted: ["proj_a"] },
    sent: [readOf("proj_a"), "delete cp_2 200", readOf("proj_a"), "delete cp_3 200", readOf("proj_a")],
    leaves: ["proj_a"],
    took: 600000
  }
]
