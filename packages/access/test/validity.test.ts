/** The rules of `validity.ts`, each with the facts on both sides of its limit. */
import { PermissionId } from "@checkpoint-permissions/core/Identifiers"
import { DateTime, Duration } from "effect"
import { assert, describe, it } from "vitest"
import type { CheckpointPlan } from "../src/internal/plan/steps.ts"
import { type Read, refusalOf, validity } from "../src/internal/plan/validity.ts"
import { checkpoint, project } from "./support/world.ts"

const hour = 3_600_000
const now = Date.UTC(2027, 0, 10, 12)
const [a, b, owner] = [project("proj_a"), project("proj_b"), project("proj_own")]
const permission = (name: string, n = 1) => ({
  id: PermissionId.make(`cp_${name}${n}`),
  project_id: project(`proj_${name}`),
  created_at: n
})
const [a1, a2, b1, x1, y1, own] = [
  ...[permission("a"), permission("a", 2), permission("b")],
  ...[permission("x"), permission("y"), permission("own")]
] as const

/** Access of `a`, a grant of `b`, and a revoke of `x`. */
const plan: CheckpointPlan = {
  checkpoint: checkpoint("ft:a"),
  mode: "exact",
  owner,
  readAt: DateTime.unsafeMake(now),
  found: [a1, x1],
  kept: [a],
  steps: [
    { project: b, why: "missing" },
    { project: x1.project_id, permission: x1, why: "unwanted" }
  ]
}
const before = (...permissions: ReadonlyArray<typeof a1>): Read => ({ by: "apply", permissions })
const after = (exempt: ReadonlyArray<string>, ...permissions: ReadonlyArray<typeof a1>): Read => ({
  by: "apply",
  permissions,
  exempt: new Set(exempt)
})
const snapshot = { by: "plan", permissions: plan.found, readFrom: now - hour, maxAge: hour + 1 } as const
const left: CheckpointPlan = {
  ...plan,
  steps: plan.steps.map((step) => (step.why === "unwanted" ? { ...step, left: "not in the change" } : step))
}
const atLeast: CheckpointPlan = { ...plan, mode: "at-least" }
const duplicated: CheckpointPlan = {
  ...plan,
  found: [a1, a2, x1],
  steps: [...plan.steps, { project: a, permission: a2, why: "duplicate" }]
}
const ending = (until: string): CheckpointPlan => ({ ...plan, steps: [{ project: b, why: "missing", until }] })

type Row = readonly [what: string, plan: CheckpointPlan, read: Read, differences: ReadonlyArray<string>]

const differences: ReadonlyArray<Row> = [
  ["an unchanged checkpoint", plan, before(a1, x1), []],
  ["a permission that is gone", plan, before(x1), ["permission cp_a1 of proj_a is gone"]],
  ["a permission that is gone and to be deleted", plan, before(a1), []],
  ["one that is left out", left, before(a1), []],
  ["a noted duplicate that is gone", duplicated, before(a1, x1), []],
  ["a new permission of a project with access", plan, before(a1, a2, b1, x1), []],
  ["a new permission of another project", plan, before(a1, x1, y1), ["permission cp_y1 of proj_y is new"]],
  ["another project in the mode at-least", atLeast, before(a1, y1), []],
  ["a project with access in the mode at-least", atLeast, before(x1), ["permission cp_a1 of proj_a is gone"]],
  ["after the grants: all there", plan, after([], a1, b1, x1, own), []],
  ["after the grants: none of a project", plan, after([], a1, x1), ["proj_b has no permission any more"]],
  ["after the grants: none for a known reason", plan, after(["proj_b"], a1, x1), []],
  ["after the grants: a new one", plan, after([], a1, b1, y1), ["permission cp_y1 of proj_y is new"]],
  ["after the grants: a new one in the mode at-least", atLeast, after([], a1, b1, y1), []],
  ["after the grants: one that is left out", left, after([], a1, b1, x1), []],
  ["a snapshot of the plan, even of another checkpoint", plan, { ...snapshot, permissions: [y1] }, []]
]

const usable: ReadonlyArray<readonly [what: string, plan: CheckpointPlan, read: Read, isUsable: boolean]> = [
  ["a listing of the apply", duplicated, before(), true],
  ["a snapshot younger than its limit", plan, snapshot, true],
  ["one as old as its limit", plan, { ...snapshot, maxAge: hour }, false],
  ["one without a start", plan, { ...snapshot, readFrom: undefined }, false],
  ["one that began with the last write", plan, { ...snapshot, lastWrite: now - hour }, false],
  ["one that began after the last write", plan, { ...snapshot, lastWrite: now - hour - 1 }, true],
  ["one of this moment", plan, { ...snapshot, readFrom: now }, true],
  ["one from the future", plan, { ...snapshot, readFrom: now + 1 }, false],
  ["one with duplicates to delete", duplicated, snapshot, false]
]

describe("the validity of a plan's steps", () => {
  it.each(differences)("differences: %s", (_, plan, read, expected) => {
    assert.deepStrictEqual(validity(plan, read, now).differences, expected)
  })

  it.each(usable)("use: %s", (_, plan, read, expected) => {
    assert.strictEqual(validity(plan, read, now).isUsable, expected)
  })

  it("presence and end decide each grant, and presence each revoke", () => {
    const of = (plan: CheckpointPlan, read: Read) => {
      const { expired, gone, granted, toGrant, toRevoke } = validity(plan, read, now)
      return { toGrant, granted, toRevoke, gone, expired: [...expired] }
    }
    const none = { toGrant: [], granted: [], toRevoke: [], gone: [], expired: [] }
    assert.deepStrictEqual(of(plan, before(x1)), { ...none, toGrant: [b], toRevoke: [x1] })
    assert.deepStrictEqual(of(plan, before(b1)), { ...none, granted: [b], gone: [x1.project_id] })
    assert.deepStrictEqual(of(ending("2027-01-10"), before(x1)).expired, [])
    assert.deepStrictEqual(of(ending("2027-01-09"), before(x1)).expired, [[b, "2027-01-09"]])
  })
})

describe("the limits of a whole plan", () => {
  const server = { apiUrl: "https://a.example/v1", organization: "org-a" }
  const made = {
    ...server,
    policyDigest: "sha256:a",
    createdAt: DateTime.unsafeMake(now - hour),
    counts: { revokes: 3 }
  }
  const at = (age: number) => ({ ...made, createdAt: DateTime.unsafeMake(now - age) })
  const executed = { ...made, executed: { at: made.createdAt, complete: true } }
  const minute = 60_000

  type Limit = readonly [
    what: string,
    plan: Parameters<typeof refusalOf>[0],
    limits: Parameters<typeof refusalOf>[1],
    reason?: string
  ]
  const limits: ReadonlyArray<Limit> = [
    ["no limit", made, {}],
    ["the same server, policy, and number of revokes", made, { server, policyDigest: "sha256:a", maxRevokes: 3 }],
    ["another server", executed, { server: { ...server, apiUrl: "https://b.example/v1" } }, "server"],
    ["another organization", executed, { server: { ...server, organization: undefined } }, "organization"],
    ["applied before", executed, { policyDigest: "sha256:b" }, "executed"],
    ["another policy", at(48 * hour), { policyDigest: "sha256:b" }, "policy"],
    ["a day old", at(24 * hour), {}],
    ["older than a day", at(24 * hour + 1), { maxRevokes: 0 }, "age"],
    ["younger than its limit", at(48 * hour), { maxAge: Duration.days(2) }],
    ["from the future within the skew of clocks", at(-5 * minute), {}],
    ["from the future", at(-5 * minute - 1), {}, "age"],
    ["too many revokes", made, { maxRevokes: 2 }, "revokes"]
  ]

  it.each(limits.map(([what, ...row]) => ({ what, row })))("$what", ({ row: [plan, limits, reason] }) => {
    assert.strictEqual(refusalOf(plan, limits, now)?.reason, reason)
  })
})
