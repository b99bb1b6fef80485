import { PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { DateTime, Effect, Either, Schema } from "effect"
import { Access, AccessPlan, AccessPolicy, AppliedAccess } from "../src/index.ts"
import { applied, tagsOf } from "./support/applied.ts"
import { checkpoint, test } from "./support/world.ts"

const [one, two] = [checkpoint("ft:m:org:one:A1"), checkpoint("ft:m:org:two:B1")]
const startAt = Date.parse("2027-01-30T12:00:00Z")

type Checkpoints = (typeof AccessPolicy.AccessPolicy.Encoded)["checkpoints"]

const made = (checkpoints: Checkpoints) => Schema.decodeSync(AccessPolicy.AccessPolicy)({ version: 1, checkpoints })
const exact = (...projects: Checkpoints[string]["projects"]) => ({ projects })
const permission = (project_id: string) => ({ id: `cp_${project_id}`, project_id, created_at: 1 })
const textOf = ({ checkpoint, permission, project }: AppliedAccess.Step): string =>
  `${permission === undefined ? "+" : "-"} ${project} ${checkpoint === one ? "one" : "two"}`
const texts = (steps: ReadonlyArray<AppliedAccess.Step>): ReadonlyArray<string> => steps.map(textOf)

/** The plan of a pull request that changes a policy. */
const planOf = (base: AccessPolicy.AccessPolicy, head: AccessPolicy.AccessPolicy) =>
  Effect.gen(function* () {
    const scope = yield* AccessPlan.scopeOf(head, base)
    const plan = yield* AccessPlan.withChangesByHand(yield* Access.plan(head, { scope }), base)
    return yield* Effect.flatMap(AccessPlan.toJson(plan), AccessPlan.fromJson)
  })

/** Selects the steps of a policy, as an apply of a pipeline does. */
const selectOf = (
  policy: AccessPolicy.AccessPolicy,
  record: Parameters<typeof AppliedAccess.select>[1]["applied"],
  ...reviewed: ReadonlyArray<AccessPlan.AccessPlan>
) =>
  Effect.gen(function* () {
    const day = DateTime.formatIsoDateUtc(yield* DateTime.now)
    const scope = yield* AppliedAccess.scopeOf(policy, { applied: record, day, reviewed })
    const plan = yield* Access.plan(policy, { scope })
    return { scope, ...AppliedAccess.select(plan, { applied: record, reviewed }) }
  })

/** Applies the selected steps of a policy, and returns them with the next record. */
const run = (
  policy: AccessPolicy.AccessPolicy,
  record: Parameters<typeof AppliedAccess.select>[1]["applied"],
  ...reviewed: ReadonlyArray<AccessPlan.AccessPlan>
) =>
  Effect.gen(function* () {
    const selected = yield* selectOf(policy, record, ...reviewed)
    const steps = yield* applied(selected.plan)
    const text = AppliedAccess.toJson(AppliedAccess.after(record, selected, steps))
    return { ...selected, steps, record: yield* AppliedAccess.fromJson(text) }
  })

const projectsAt = (checkpoint: string) =>
  Effect.flatMap(FakePermissions.FakePermissions, (fake) =>
    Effect.map(fake.projects(checkpoint), (projects): ReadonlyArray<string> => [...projects].sort())
  )

const seed = { [one]: [permission("proj_a"), permission("proj_b")], [two]: [permission("proj_a")] }
const before = made({ [one]: exact("proj_a", "proj_b"), [two]: exact("proj_a") })

describe("a pipeline's apply", { timeout: 20_000 }, () => {
  test("records an export without a step, and reads nothing until the policy changes", { seed, startAt }, function* () {
    const first = yield* run(before, AppliedAccess.empty)
    assert.deepStrictEqual([texts(AppliedAccess.stepsOf(first.plan)), texts(first.unreviewed)], [[], []])
    assert.deepStrictEqual<unknown>(first.record.access, {
      [one]: { proj_a: null, proj_b: null },
      [two]: { proj_a: null }
    })
    const next = yield* selectOf(before, first.record)
    assert.deepStrictEqual(next.scope.changed, [])
  })

  test("makes the steps of a merged plan, and leaves an unplanned change out", { seed, startAt }, function* () {
    const { record } = yield* run(before, AppliedAccess.empty)
    const planned = made({ [one]: exact("proj_a", "proj_c"), [two]: exact("proj_a") })
    const plan = yield* planOf(before, planned)
    const tip = made({ [one]: exact("proj_a", "proj_c"), [two]: exact("proj_z") })
    const merged = yield* run(tip, record, plan)
    assert.deepStrictEqual(texts(merged.unreviewed), ["+ proj_z two", "- proj_a two"])
    assert.deepStrictEqual(yield* projectsAt(one), ["proj_a", "proj_c"])
    assert.deepStrictEqual(yield* projectsAt(two), ["proj_a"])
    assert.deepStrictEqual(texts(merged.record.left), ["+ proj_z two", "- proj_a two"])
    assert.deepStrictEqual<unknown>(merged.record.access[one], { proj_a: null, proj_c: null })
    assert.isTrue(
      merged.steps.every((step) => step._tag !== "CheckpointFinished" || step.complete),
      "a left step is no drift"
    )

    const due = AppliedAccess.due(yield* Access.plan(tip), merged.record)
    assert.deepStrictEqual(texts(AppliedAccess.stepsOf(due)), ["+ proj_z two", "- proj_a two"])
    yield* run(tip, merged.record, due)
    assert.deepStrictEqual(yield* projectsAt(two), ["proj_z"])
  })

  test("F2: reverts no change by hand, not even in an approved default run", { seed, startAt }, function* () {
    const fake = yield* FakePermissions.FakePermissions
    const { record } = yield* run(before, AppliedAccess.empty)
    yield* fake.grant(one, "proj_hot")
    yield* fake.remove(two, "cp_proj_a")
    const due = AppliedAccess.due(yield* Access.plan(before), record)
    assert.isTrue(AccessPlan.isEmpty(due))
    // a planned change of the entry does not bring back access that was revoked by hand
    const tip = made({ [one]: exact("proj_a", "proj_b"), [two]: exact("proj_a", "proj_c") })
    const merged = yield* run(tip, record, yield* planOf(before, tip))
    assert.deepStrictEqual(texts(merged.byHand), ["+ proj_a two"])
    assert.deepStrictEqual(yield* projectsAt(one), ["proj_a", "proj_b", "proj_hot"])
    assert.deepStrictEqual(yield* projectsAt(two), ["proj_c"])
    // the plan of the whole policy shows them, so an approval of it reverts them
    const everything = AppliedAccess.everything(yield* Access.plan(tip), merged.record)
    assert.deepStrictEqual<unknown>(
      everything.checkpoints.map(({ byHand }) => byHand),
      [["proj_hot"], ["proj_a"]]
    )
    yield* run(tip, merged.record, everything)
    assert.deepStrictEqual(yield* projectsAt(one), ["proj_a", "proj_b"])
    assert.deepStrictEqual(yield* projectsAt(two), ["proj_a", "proj_c"])
  })

  describe("F2: a reviewed revoke whose reply was lost, and whose permission is gone, is no change by hand", () => {
    const known = {
      ...AppliedAccess.empty,
      access: { [one]: { proj_a: null, proj_b: null }, [two]: { proj_a: null } },
      reviewed: [
        { checkpoint: one, project: ProjectId.make("proj_b"), permission: PermissionId.make("cp_proj_b") },
        { checkpoint: two, project: ProjectId.make("proj_c") }
      ]
    }
    const executed = { [one]: [permission("proj_a")], [two]: [permission("proj_a")] }

    test("so a policy that asks for the project again is due", { seed: executed, startAt }, function* () {
      const { byHand, record, unreviewed } = yield* run(before, known)
      assert.deepStrictEqual([texts(unreviewed), texts(byHand)], [["+ proj_b one"], []])
      assert.deepStrictEqual<unknown>(record.access, { [one]: { proj_a: null }, [two]: { proj_a: null } })
      yield* run(before, record, AppliedAccess.due(yield* Access.plan(before), record))
      assert.deepStrictEqual(yield* projectsAt(one), ["proj_a", "proj_b"])
    })

    test("and access that was granted by hand after it stays", { seed: executed, startAt }, function* () {
      const fake = yield* FakePermissions.FakePermissions
      yield* fake.grant(one, "proj_b")
      yield* fake.grant(two, "proj_c")
      const tip = made({ [one]: exact("proj_a"), [two]: exact("proj_a") })
      assert.isTrue(AccessPlan.isEmpty(AppliedAccess.due(yield* Access.plan(tip), known)))
      const { byHand, unreviewed } = yield* run(tip, known)
      assert.deepStrictEqual([texts(unreviewed), texts(byHand)], [[], ["- proj_b one", "- proj_c two"]])
    })

    test("but not while it is listed", { seed, startAt }, function* () {
      const tip = made({ [one]: exact("proj_a"), [two]: exact("proj_a", "proj_c") })
      yield* run(tip, known)
      assert.deepStrictEqual([yield* projectsAt(one), yield* projectsAt(two)], [["proj_a"], ["proj_a", "proj_c"]])
    })
  })

  test("a review alone is in no scope: it reverts no change by hand, and does not change the record", {
    seed,
    startAt
  }, function* () {
    const fake = yield* FakePermissions.FakePermissions
    const { record } = yield* run(before, AppliedAccess.empty)
    yield* fake.grant(one, "proj_hot")
    const tip = made({ [one]: { lastReview: "2027-01-30", ...exact("proj_a", "proj_b") }, [two]: exact("proj_a") })
    const merged = yield* run(tip, record, yield* planOf(before, tip))
    assert.deepStrictEqual([merged.scope.changed, merged.steps], [[], []])
    assert.deepStrictEqual({ ...merged.record, at: record.at }, record)
    assert.deepStrictEqual(yield* projectsAt(one), ["proj_a", "proj_b", "proj_hot"])
  })

  const ending = { project: "proj_b", until: "2027-01-30" }

  test("F4: revokes access whose recorded end has passed, without a plan", { seed, startAt }, function* () {
    const fake = yield* FakePermissions.FakePermissions
    const policy = made({ [one]: exact("proj_a", ending), [two]: exact("proj_a") })
    const { record } = yield* run(policy, AppliedAccess.empty)
    assert.deepStrictEqual<unknown>(record.access[one], { proj_a: null, proj_b: "2027-01-30" })
    yield* Effect.sleep("1 day")
    const next = yield* run(policy, record)
    assert.deepStrictEqual(tagsOf(next.steps), ["Revoked", "CheckpointFinished"])
    // granted again by hand after its end, it stays
    yield* fake.grant(one, "proj_b")
    const later = yield* run(policy, next.record)
    assert.deepStrictEqual([later.scope.changed, yield* projectsAt(one)], [[], ["proj_a", "proj_b"]])
  })

  test("F4: a merge without a plan cannot revoke by a past end", { seed, startAt }, function* () {
    const { record } = yield* run(before, AppliedAccess.empty)
    const past = made({ [one]: exact("proj_a", { ...ending, until: "2027-01-01" }), [two]: exact("proj_a") })
    const next = yield* run(past, record)
    assert.deepStrictEqual(texts(next.unreviewed), ["- proj_b one"])
    assert.deepStrictEqual(yield* projectsAt(one), ["proj_a", "proj_b"])
    // a merged extension counts immediately
    const policy = made({ [one]: exact("proj_a", ending), [two]: exact("proj_a") })
    const extended = made({ [one]: exact("proj_a", { ...ending, until: "2027-02-28" }), [two]: exact("proj_a") })
    const recorded = (yield* run(policy, record)).record
    const longer = (yield* run(extended, recorded)).record
    assert.deepStrictEqual<unknown>(longer.access[one], { proj_a: null, proj_b: "2027-02-28" })
  })

  test("F4: access that was granted by hand after its end, before the next apply, stays", {
    seed,
    startAt
  }, function* () {
    const fake = yield* FakePermissions.FakePermissions
    const policy = made({ [one]: exact("proj_a", ending), [two]: exact("proj_a") })
    const { record } = yield* run(policy, AppliedAccess.empty)
    yield* fake.remove(one, "cp_proj_b")
    yield* Effect.sleep("1 day")
    yield* fake.grant(one, "proj_b")
    const next = yield* run(policy, record)
    assert.deepStrictEqual(texts(next.unreviewed), ["- proj_b one"], "it is due, and waits for a review")
    assert.deepStrictEqual(yield* projectsAt(one), ["proj_a", "proj_b"])
  })

  test("carries a reviewed step that failed, until an apply has made it", { seed, startAt }, function* () {
    const fake = yield* FakePermissions.FakePermissions
    const { record } = yield* run(before, AppliedAccess.empty)
    const tip = made({ [one]: exact("proj_a"), [two]: exact("proj_a") })
    const plan = yield* planOf(before, tip)
    yield* fake.setFaults(Faults.scripted([{ fault: Faults.error(400), operation: "delete" }]))
    const failed = yield* run(tip, record, plan)
    assert.deepStrictEqual(texts(failed.record.reviewed), ["- proj_b one"])
    assert.deepStrictEqual<unknown>(failed.record.access[one], { proj_a: null, proj_b: null })
    const next = yield* run(tip, failed.record)
    assert.deepStrictEqual([texts(next.record.reviewed), yield* projectsAt(one)], [[], ["proj_a"]])
  })

  test("keeps the record and the reviewed steps of a checkpoint that was not read", { seed, startAt }, function* () {
    const fake = yield* FakePermissions.FakePermissions
    const { record } = yield* run(before, AppliedAccess.empty)
    const tip = made({ [one]: exact("proj_a"), [two]: exact() })
    const plan = yield* planOf(before, tip)
    yield* fake.setFaults(Faults.scripted([{ fault: Faults.error(400), operation: "list", checkpoint: one }]))
    const part = yield* run(tip, record, plan)
    assert.deepStrictEqual<unknown>(part.record.access, { [one]: { proj_a: null, proj_b: null }, [two]: {} })
    assert.deepStrictEqual(texts(part.record.reviewed), ["- proj_b one"])
    yield* run(tip, part.record)
    assert.deepStrictEqual(yield* projectsAt(one), ["proj_a"])
  })

  test("carries no grant that undoes a change by hand, at a checkpoint that was not read", {
    seed,
    startAt
  }, function* () {
    const fake = yield* FakePermissions.FakePermissions
    const { record } = yield* run(before, AppliedAccess.empty)
    yield* fake.remove(one, "cp_proj_b")
    const tip = made({ [one]: exact("proj_a", "proj_b", "proj_c"), [two]: exact("proj_a") })
    const plan = yield* planOf(before, tip)
    assert.deepStrictEqual(texts(AppliedAccess.stepsOf(plan)), ["+ proj_b one", "+ proj_c one"])
    yield* fake.setFaults(Faults.scripted([{ fault: Faults.error(400), operation: "list", checkpoint: one }]))
    const part = yield* run(tip, record, plan)
    assert.deepStrictEqual(texts(part.record.reviewed), ["+ proj_c one"])
    yield* run(tip, part.record)
    assert.deepStrictEqual(yield* projectsAt(one), ["proj_a", "proj_c"])
  })

  test("F8: a permission that was revoked and granted again is another one", { seed, startAt }, function* () {
    const fake = yield* FakePermissions.FakePermissions
    const { record } = yield* run(before, AppliedAccess.empty)
    const tip = made({ [one]: exact("proj_a"), [two]: exact("proj_a") })
    const plan = yield* planOf(before, tip)
    yield* fake.remove(one, "cp_proj_b")
    yield* fake.grant(one, "proj_b")
    const next = yield* run(tip, record, plan)
    assert.deepStrictEqual(texts(next.unreviewed), ["- proj_b one"])
    assert.deepStrictEqual(yield* projectsAt(one), ["proj_a", "proj_b"])
  })

  test("records permissions outside the list of an entry in the mode at-least", { seed, startAt }, function* () {
    const policy = made({ [one]: { mode: "at-least", projects: ["proj_a"] } })
    const { record } = yield* run(policy, AppliedAccess.empty)
    assert.deepStrictEqual<unknown>(record.access, { [one]: { proj_a: null, proj_b: null } })
    const strict = yield* selectOf(made({ [one]: exact("proj_a") }), record)
    assert.deepStrictEqual(texts(strict.unreviewed), ["- proj_b one"], "the revoke is due")
  })
})

describe("the plan of a pull request", () => {
  const policyOf = (...projects: Checkpoints[string]["projects"]) => made({ [one]: exact(...projects) })
  const hot = { [one]: [permission("proj_a"), permission("proj_hot")] }

  test("F6: marks a step that its change does not explain", { seed: hot, startAt }, function* () {
    const plan = yield* planOf(policyOf("proj_a", "proj_b"), policyOf("proj_b", "proj_c"))
    assert.deepStrictEqual(texts(AppliedAccess.stepsOf(plan)), [
      "+ proj_b one",
      "+ proj_c one",
      "- proj_a one",
      "- proj_hot one"
    ])
    assert.deepStrictEqual<unknown>(plan.checkpoints[0]?.byHand, ["proj_b", "proj_hot"])
  })

  test("leaves entries with ended access out that it does not change", { seed, startAt }, function* () {
    const old = exact("proj_a", { project: "proj_hot", until: "2027-01-01" })
    const plan = yield* planOf(
      made({ [one]: exact("proj_a"), [two]: old }),
      made({ [one]: exact("proj_a", "proj_b"), [two]: old })
    )
    assert.deepStrictEqual<unknown>(
      plan.checkpoints.map(({ checkpoint }) => checkpoint),
      [one]
    )
  })
})

describe("a record's file", () => {
  test("is refused with an unknown field, or of another version", { seed: {} }, function* () {
    const text = `{"format":"checkpoint-permissions/applied","version":1,"apiUrl":"https://a.test/v1","at":"2027-01-30T12:00:00.000Z","access":{},"reviewed":[],"left":[]}`
    assert.strictEqual((yield* AppliedAccess.fromJson(text)).apiUrl, "https://a.test/v1")
    for (const [other, reason] of [
      [text.replace('"version":1', '"version":2'), /it has version 2, not 1/],
      [text.replace('"left":[]', '"left":[],"more":1'), /more/],
      ["{", /not a record of this version/]
    ] as const) {
      assert.match((yield* Effect.flip(AppliedAccess.fromJson(other))).message, reason)
    }
    assert.isTrue(Either.isRight(AppliedAccess.scopeOf(made({}), { day: "2027-01-30", reviewed: [] })))
  })
})
