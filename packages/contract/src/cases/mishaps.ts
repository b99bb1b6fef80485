/** Grants and revokes whose first write has a fault. The result is the same, whether the write was executed or not. */
import { unknowns } from "@checkpoint-permissions/fake/behavior"
import * as faults from "@checkpoint-permissions/fake/faults"
import { checkpoint, grant, revoke, thrice } from "../builders.ts"
import type { Case } from "../case.ts"

export const read = "list?order=descending&limit=100 200"
export const readOf = (project: string): string => `list?project_id=${project}&order=descending&limit=100 200`
export const report = { granted: [], notListedYet: [], alreadyGranted: [], ownerProjects: [], mayBeDuplicated: [] }

const { error, html } = faults

/** Faults of the first write of a grant or a revoke. The result is the same, whether the write was executed or not. */
const mishaps = [
  ["nothing happens", undefined],
  ["its reply is lost", faults.dropAfter()],
  ["no connection is made", faults.dropBefore()],
  ["a proxy answers 502 though it was done", html(502, { worked: true })],
  ["a proxy answers 502 and it was not done", html(502)],
  ["half a reply arrives", faults.truncatedBody()],
  ["its reply arrives after the timeout", faults.latency({ after: 40_000 })],
  ["its reply never ends", faults.endless({ every: 5000 })],
  ["it is refused for the rate", faults.rateLimited()]
] as const

const mishapsOfCreate = [
  ...mishaps,
  ["the connection is reset before the work", faults.dropBefore("ECONNRESET")],
  [
    "a 503 has x-should-retry: false though it was done",
    error(503, { worked: true, headers: { "x-should-retry": "false" } })
  ],
  ["a 503 has x-should-retry: true", error(503, { headers: { "x-should-retry": "true" } })],
  ["HTML arrives with status 200 though it was done", html(200, { worked: true })],
  ["HTML arrives with status 200 and it was not done", html(200)],
  ["half a reply arrives that looks complete", faults.truncatedBody({ then: "end" })],
  ["it does not get there in time", faults.latency({ before: 40_000 })],
  ["it is redirected", faults.redirect("https://elsewhere.example")],
  ["a conflict is reported though it was done", error(409, { worked: true })],
  ["it is refused though it was done", error(400, { worked: true })]
] as const

const mishapsOfDelete = [
  ...mishaps,
  ["a conflict is reported", error(409)],
  ["a 404 arrives though it was done", error(404, { worked: true })]
] as const

const met = (fault: faults.Fault | undefined, operation: "create" | "delete") =>
  fault === undefined ? {} : { answers: [{ fault, operation }] }

/**
 * The ways in which a server may handle several projects in a create. For each way of a regrant, every fault is
 * combined with one of them.
 */
const creates = unknowns.partialCreate.flatMap((partialCreate) =>
  [100, 2].map((maxProjects) => ({ partialCreate, maxProjects }))
)

export const whateverHappens: ReadonlyArray<Case> = [
  ...unknowns.regrant.flatMap((regrant, nth) =>
    mishapsOfCreate.map(
      ([what, fault], index): Case => ({
        name: `a grant leaves each project one permission when ${what}, where granting again is ${regrant}`,
        has: ["proj_a", "proj_x"],
        ...met(fault, "create"),
        behavior: {
          regrant,
          ...creates[(nth + index) % creates.length],
          owners: { [checkpoint]: "proj_own" }
        },
        options: thrice,
        call: grant("proj_a", "proj_own", "proj_b", "proj_c", "proj_d"),
        ok: {
          ...report,
          granted: ["proj_b", "proj_c", "proj_d"],
          alreadyGranted: ["proj_a"],
          ownerProjects: ["proj_own"]
        },
        leaves: ["proj_a", "proj_x", "proj_b", "proj_c", "proj_d"],
        took: [0, 120_000]
      })
    )
  ),
  ...unknowns.deleteGone.flatMap((deleteGone) =>
    mishapsOfDelete.map(
      ([what, fault], index): Case => ({
        name: `a revoke deletes every permission when ${what}, where deleting again is ${deleteGone}`,
        has: ["proj_a", "proj_x", "proj_b", "proj_y", "proj_a", "proj_y", "proj_a"],
        ...met(fault, "delete"),
        behavior: {
          deleteGone,
          shortPages: unknowns.shortPages[index % unknowns.shortPages.length] ?? "never",
          maxLimit: 2
        },
        options: thrice,
        call: revoke("proj_a", "proj_none", "proj_b"),
        ok: { revoked: ["proj_a", "proj_b"], absent: ["proj_none"], ownerProjects: [] },
        leaves: ["proj_x", "proj_y", "proj_y"],
        took: [0, 120_000]
      })
    )
  )
]
