import { Organization, RetryPolicy } from "@checkpoint-permissions/client"
import { PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { DateTime, Effect, Either, Redacted, Schema, Stream } from "effect"
import { Access, AccessPlan, AccessPolicy, AppliedAccess } from "../src/index.ts"
import { applied, reloaded, tagsOf } from "./support/applied.ts"
import { checkpoint, test as testIn, type World } from "./support/world.ts"

const [one, two] = [checkpoint("ft:m:org:one:A1"), checkpoint("ft:m:org:two:B1")]
const startAt = Date.parse("2027-01-30T12:00:00Z")

type Checkpoints = (typeof AccessPolicy.AccessPolicy.Encoded)["checkpoints"]

const made = (checkpoints: Checkpoints) => Schema.decodeSync(AccessPolicy.AccessPolicy)({ version: 1, checkpoints })
const exact = (...projects: Checkpoints[string]["projects"]) => ({ projects })
const permission = (project_id: string) => ({ id: `cp_${project_id}`, project_id, created_at: 1 })
const textOf = (step: AppliedAccess.Step | AccessPlan.Difference): string => {
  const at = step.checkpoint === one ? "one" : "two"
  if ("key" in step) return `${step.project} ${at} ${step.before} → ${step.after}`
  return `${step.permission === undefined ? "+" : "-"} ${step.project} ${at}`
}
const texts = (steps: ReadonlyArray<AppliedAccess.Step | AccessPlan.Difference>) => steps.map(textOf)

/** The plan of a pull request that changes a policy. */
const planOf = (base: AccessPolicy.AccessPolicy, head: AccessPolicy.AccessPolicy) =>
  Effect.gen(function* () {
    const scope = yield* AccessPlan.scopeOf(head, base)
    const plan = yield* AccessPlan.withUnexplained(yield* Access.plan(head, { scope }), base)
    return yield* reloaded(plan)
  })

/** Selects the steps of a policy, as an apply of a pipeline does. */
const selectOf = (
  policy: AccessPolicy.AccessPolicy,
  record: Parameters<typeof AppliedAccess.select>[1]["applied"],
  ...reviewed: ReadonlyArray<AccessPlan.AccessPlan>
) =>
  Effect.gen(function* () {
    yield* Effect.sleep("1 minute")
    const day = DateTime.formatIsoDateUtc(yield* DateTime.now)
    const scope = yield* AppliedAccess.scopeOf(policy, { applied: record, day, reviewed })
    const plan = yield* Access.plan(policy, { scope })
    const known = { applied: record, reviewed }
    const { logFrom } = AppliedAccess.select(plan, known)
    const { changes } = logFrom === undefined ? {} : yield* AppliedAccess.readLog(logFrom).pipe(Effect.provide(log))
    return { scope, ...AppliedAccess.select(plan, { ...known, log: changes }) }
  })

const log = Organization.layer({ adminKey: Redacted.make("sk-admin-test"), retry: RetryPolicy.none })

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

/** Asserts which projects have access to the two checkpoints. */
const assertAccess = (...expected: readonly [atOne: ReadonlyArray<string>, atTwo: ReadonlyArray<string>]) =>
  Effect.map(Effect.all([projectsAt(one), projectsAt(two)]), (access) => assert.deepStrictEqual(access, expected))

const seed = { [one]: [permission("proj_a"), permission("proj_b")], [two]: [permission("proj_a")] }
const before = made({ [one]: exact("proj_a", "proj_b"), [two]: exact("proj_a") })
const withoutB = made({ [one]: exact("proj_a"), [two]: exact("proj_a") })
const world = { seed, startAt }

interface Given {
  readonly fake: FakePermissions.Service
  readonly record: AppliedAccess.AppliedAccess
}

/** Tests after the first apply of a policy, which made no step. They receive its record. */
const testsAfter =
  (policy: AccessPolicy.AccessPolicy, behavior: World["behavior"] = {}) =>
  (what: string, body: (given: Given) => ReturnType<Parameters<typeof testIn>[2]>) =>
    testIn(what, { ...world, behavior }, function* (fake) {
      const { record } = yield* run(policy, AppliedAccess.empty)
      yield* Effect.gen(() => body({ fake, record }))
    })

const test = testsAfter(before)

describe("a pipeline's apply", () => {
  testIn("records an export without a step, and reads nothing until the policy changes", world, function* () {
    const first = yield* run(before, AppliedAccess.empty)
    assert.deepStrictEqual([texts(AppliedAccess.stepsOf(first.plan)), texts(first.unreviewed)], [[], []])
    assert.deepStrictEqual<unknown>(first.record.access, {
      [one]: { proj_a: null, proj_b: null },
      [two]: { proj_a: null }
    })
    const next = yield* selectOf(before, first.record)
    assert.deepStrictEqual(next.scope.changed, [])
  })

  test("makes the steps of a merged plan, and leaves an unplanned change out", function* ({ record }) {
    const planned = made({ [one]: exact("proj_a", "proj_c"), [two]: exact("proj_a") })
    const plan = yield* planOf(before, planned)
    const tip = made({ [one]: exact("proj_a", "proj_c"), [two]: exact("proj_z") })
    const merged = yield* run(tip, record, plan)
    assert.deepStrictEqual(texts(merged.unreviewed), ["+ proj_z two", "- proj_a two"])
    yield* assertAccess(["proj_a", "proj_c"], ["proj_a"])
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

  test("F2: reverts no change by hand, not even in an approved default run", function* ({ fake, record }) {
    yield* fake.grant(one, "proj_hot")
    yield* fake.remove(two, "cp_proj_a")
    const due = AppliedAccess.due(yield* Access.plan(before), record)
    assert.isTrue(AccessPlan.isEmpty(due))
    // a planned change of the entry does not bring back access that was revoked by hand
    const tip = made({ [one]: exact("proj_a", "proj_b"), [two]: exact("proj_a", "proj_c") })
    const merged = yield* run(tip, record, yield* planOf(before, tip))
    assert.deepStrictEqual(texts(merged.byHand), ["+ proj_a two"])
    yield* assertAccess(["proj_a", "proj_b", "proj_hot"], ["proj_c"])
    // the plan of the whole policy shows them, so an approval of it reverts them
    const everything = AppliedAccess.everything(yield* Access.plan(tip), merged.record)
    assert.deepStrictEqual<unknown>(
      everything.checkpoints.map(({ byHand }) => byHand),
      [["proj_hot"], ["proj_a"]]
    )
    yield* run(tip, merged.record, everything)
    yield* assertAccess(["proj_a", "proj_b"], ["proj_a", "proj_c"])
  })

  describe("F2: a reviewed revoke whose reply was lost, and whose permission is gone, is no change by hand", () => {
    const plannedAt = DateTime.unsafeMake(startAt)
    const known = {
      ...AppliedAccess.empty,
      access: { [one]: { proj_a: null, proj_b: null }, [two]: { proj_a: null } },
      reviewed: [
        { checkpoint: one, project: ProjectId.make("proj_b"), permission: PermissionId.make("cp_proj_b"), plannedAt },
        { checkpoint: two, project: ProjectId.make("proj_c"), plannedAt }
      ]
    }
    const executed = { [one]: [permission("proj_a")], [two]: [permission("proj_a")] }

    testIn("so a policy that asks for the project again is due", { seed: executed, startAt }, function* () {
      const { byHand, record, unreviewed } = yield* run(before, known)
      assert.deepStrictEqual([texts(unreviewed), texts(byHand)], [["+ proj_b one"], []])
      assert.deepStrictEqual<unknown>(record.access, { [one]: { proj_a: null }, [two]: { proj_a: null } })
      yield* run(before, record, AppliedAccess.due(yield* Access.plan(before), record))
      assert.deepStrictEqual(yield* projectsAt(one), ["proj_a", "proj_b"])
    })

    testIn("and access that was granted by hand after it stays", { seed: executed, startAt }, function* (fake) {
      yield* fake.grant(one, "proj_b")
      yield* fake.grant(two, "proj_c")
      assert.isTrue(AccessPlan.isEmpty(AppliedAccess.due(yield* Access.plan(withoutB), known)))
      const { byHand, unreviewed } = yield* run(withoutB, known)
      assert.deepStrictEqual([texts(unreviewed), texts(byHand)], [[], ["- proj_b one", "- proj_c two"]])
    })

    testIn("but not while it is listed", world, function* () {
      const tip = made({ [one]: exact("proj_a"), [two]: exact("proj_a", "proj_c") })
      yield* run(tip, known)
      yield* assertAccess(["proj_a"], ["proj_a", "proj_c"])
    })
  })

  test("a review alone is in no scope: it reverts no change by hand, and does not change the record", function* ({
    fake,
    record
  }) {
    yield* fake.grant(one, "proj_hot")
    const tip = made({ [one]: { lastReview: "2027-01-30", ...exact("proj_a", "proj_b") }, [two]: exact("proj_a") })
    const merged = yield* run(tip, record, yield* planOf(before, tip))
    assert.deepStrictEqual([merged.scope.changed, merged.steps], [[], []])
    const { reviews, ...rest } = merged.record
    assert.deepStrictEqual({ ...rest, at: record.at }, record)
    assert.deepStrictEqual<unknown>(reviews, [
      { checkpoint: one, day: "2027-01-30", projects: ["proj_a", "proj_b"], pullRequest: "" }
    ])
    assert.deepStrictEqual(yield* projectsAt(one), ["proj_a", "proj_b", "proj_hot"])
  })

  test("makes only due steps of a plan whose base is invalid", function* ({ fake, record }) {
    yield* fake.grant(one, "proj_hot")
    const { scope, ...plan } = yield* planOf(made({}), withoutB)
    assert.isDefined(scope)
    const repair = { ...plan, scope: { ...scope, invalidBase: true as const } }
    const merged = yield* run(withoutB, record, repair)
    assert.deepStrictEqual(texts(merged.byHand), ["- proj_hot one"])
    assert.deepStrictEqual(yield* projectsAt(one), ["proj_a", "proj_hot"])
  })

  const reviewedOn = (lastReview: string) =>
    made({ [one]: { lastReview, ...exact("proj_a", "proj_b") }, [two]: exact("proj_a") })
  const notReviews: Record<string, readonly [base: AccessPolicy.AccessPolicy, tip: AccessPolicy.AccessPolicy]> = {
    "a day after today": [before, reviewedOn("2027-02-28")],
    "a day before the last review": [reviewedOn("2027-01-20"), reviewedOn("2027-01-10")],
    "the day of a new entry": [made({ [two]: exact("proj_a") }), reviewedOn("2027-01-20")]
  }
  for (const [what, [base, tip]] of Object.entries(notReviews)) {
    test(`${what} is no review`, function* ({ record }) {
      assert.deepStrictEqual((yield* run(tip, record, yield* planOf(base, tip))).reviews, [])
    })
  }

  test("an unfinished step has the newest plan that shows it, also if an older one is merged later", function* ({
    record
  }) {
    const plannedAt = DateTime.unsafeMake("2027-01-31T12:00:00Z")
    const step = { checkpoint: one, project: ProjectId.make("proj_c"), plannedAt, until: null }
    const tip = made({ [one]: exact("proj_a", "proj_b", "proj_c"), [two]: exact("proj_a") })
    const { reviewed } = yield* selectOf(tip, { ...record, reviewed: [step] }, yield* planOf(before, tip))
    assert.deepStrictEqual(
      reviewed.map((one) => one.plannedAt),
      [plannedAt]
    )
  })

  const ending = { project: "proj_b", until: "2027-01-30" }
  const policy = made({ [one]: exact("proj_a", ending), [two]: exact("proj_a") })

  testIn("F4: revokes access whose recorded end has passed, without a plan", world, function* (fake) {
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

  test("F4: a merge without a plan cannot revoke by a past end", function* ({ record }) {
    const past = made({ [one]: exact("proj_a", { ...ending, until: "2027-01-01" }), [two]: exact("proj_a") })
    const next = yield* run(past, record)
    assert.deepStrictEqual(texts(next.unreviewed), ["- proj_b one"])
    assert.deepStrictEqual(yield* projectsAt(one), ["proj_a", "proj_b"])
    // a reviewed extension counts immediately
    const extended = made({ [one]: exact("proj_a", { ...ending, until: "2027-02-28" }), [two]: exact("proj_a") })
    const recorded = (yield* run(policy, record, yield* planOf(before, policy))).record
    const longer = (yield* run(extended, recorded, yield* planOf(policy, extended))).record
    assert.deepStrictEqual<unknown>(longer.access[one], { proj_a: null, proj_b: "2027-02-28" })
  })

  testIn(
    "F4: access whose recorded end has passed is revoked, although a push removed its project",
    world,
    function* () {
      const { record } = yield* run(policy, AppliedAccess.empty)
      const pushed = yield* run(withoutB, record)
      assert.deepStrictEqual(texts(pushed.unreviewed), ["- proj_b one"])
      yield* Effect.sleep("1 day")
      yield* run(withoutB, pushed.record)
      yield* assertAccess(["proj_a"], ["proj_a"])
    }
  )

  testIn("F4: access that was granted by hand after its end, before the next apply, stays", world, function* (fake) {
    const { record } = yield* run(policy, AppliedAccess.empty)
    yield* fake.remove(one, "cp_proj_b")
    yield* Effect.sleep("1 day")
    yield* fake.grant(one, "proj_b")
    const next = yield* run(policy, record)
    assert.deepStrictEqual(texts(next.unreviewed), ["- proj_b one"], "it is due, and waits for a review")
    assert.deepStrictEqual(yield* projectsAt(one), ["proj_a", "proj_b"])
  })

  test("carries a reviewed step that failed, until an apply has made it", function* ({ fake, record }) {
    const plan = yield* planOf(before, withoutB)
    yield* fake.setFaults(Faults.scripted([{ fault: Faults.error(400), operation: "delete" }]))
    const failed = yield* run(withoutB, record, plan)
    assert.deepStrictEqual(texts(failed.record.reviewed), ["- proj_b one"])
    assert.deepStrictEqual<unknown>(failed.record.access[one], { proj_a: null, proj_b: null })
    const next = yield* run(withoutB, failed.record)
    assert.deepStrictEqual([texts(next.record.reviewed), yield* projectsAt(one)], [[], ["proj_a"]])
  })

  test("keeps the record and the reviewed steps of a checkpoint that was not read", function* ({ fake, record }) {
    const tip = made({ [one]: exact("proj_a"), [two]: exact() })
    const plan = yield* planOf(before, tip)
    yield* fake.setFaults(Faults.scripted([{ fault: Faults.error(400), operation: "list", checkpoint: one }]))
    const part = yield* run(tip, record, plan)
    assert.deepStrictEqual<unknown>(part.record.access, { [one]: { proj_a: null, proj_b: null }, [two]: {} })
    assert.deepStrictEqual(texts(part.record.reviewed), ["- proj_b one"])
    yield* run(tip, part.record)
    assert.deepStrictEqual(yield* projectsAt(one), ["proj_a"])
  })

  test("carries no grant that undoes a change by hand, at a checkpoint that was not read", function* ({
    fake,
    record
  }) {
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

  describe("F10: a grant that was revoked since its plan", () => {
    const test = testsAfter(before, { dashboardEvents: 1 })
    const tip = made({ [one]: exact("proj_a", "proj_b", "proj_c"), [two]: exact("proj_a", "proj_c") })
    const remove = (checkpoint: string, project: string) =>
      Effect.gen(function* () {
        yield* Effect.sleep("1 minute")
        const fake = yield* FakePermissions.FakePermissions
        const found = (yield* fake.permissions(checkpoint)).filter(({ project_id }) => project_id === project)
        yield* Effect.forEach(found, ({ id }) => fake.remove(checkpoint, id))
      })

    test("is left out, also with an older record or without one, until it is planned again", function* ({ record }) {
      const plan = yield* planOf(before, tip)
      yield* run(tip, record, plan)
      yield* remove(one, "proj_c")
      for (const former of [record, AppliedAccess.empty, undefined]) {
        const again = yield* run(tip, former, plan)
        assert.deepStrictEqual(texts(again.revokedSince), ["+ proj_c one"])
        assert.deepStrictEqual(again.plan.checkpoints[0]?.left?.revokedSince, [ProjectId.make("proj_c")])
        assert.deepStrictEqual([texts(again.record.reviewed), texts(again.record.left)], [[], ["+ proj_c one"]])
        assert.deepStrictEqual(yield* projectsAt(one), ["proj_a", "proj_b"])
      }
      const { record: later } = yield* run(tip, record, plan)
      const due = AppliedAccess.due(yield* Access.plan(tip), later)
      yield* run(tip, later, plan, due)
      assert.deepStrictEqual(yield* projectsAt(one), ["proj_a", "proj_b", "proj_c"])
    })

    test("is not found in a log whose create events name no checkpoint, which is then no checked log", function* ({
      record
    }) {
      yield* run(tip, record, yield* planOf(before, tip))
      yield* remove(one, "proj_c")
      const organization = yield* Effect.provide(Organization.Organization, log)
      const events: typeof organization.events = (options) =>
        Stream.map(organization.events(options), (event) => {
          const { id } = event["checkpoint.permission.created"] ?? {}
          return id === undefined ? event : { ...event, "checkpoint.permission.created": { id } }
        })
      const read = yield* Effect.provideService(
        AppliedAccess.readLog(DateTime.unsafeMake(startAt)),
        Organization.Organization,
        { ...organization, events }
      )
      assert.deepStrictEqual(read, { failure: "an event of a new permission names no project or no checkpoint" })
    })

    test("is also one that was revoked in the second of its plan, until a plan of a later second", function* ({
      fake,
      record
    }) {
      const same = yield* planOf(before, tip)
      yield* fake.grant(one, "proj_c")
      const [permission] = (yield* fake.permissions(one)).filter(({ project_id }) => project_id === "proj_c")
      yield* fake.remove(one, permission?.id ?? "")
      const later = yield* Effect.delay(planOf(before, tip), "1 second")
      assert.deepStrictEqual(texts((yield* selectOf(tip, record, same)).revokedSince), ["+ proj_c one"])
      assert.deepStrictEqual(texts((yield* selectOf(tip, record, same, later)).revokedSince), [])
    })

    test("is no longer an unfinished step", function* ({ fake, record }) {
      const fault = { fault: Faults.error(400), operation: "create", times: 2 } as const
      yield* fake.setFaults(Faults.scripted([fault]))
      const failed = yield* run(tip, record, yield* planOf(before, tip))
      assert.deepStrictEqual(texts(failed.record.reviewed), ["+ proj_c one", "+ proj_c two"])
      yield* fake.grant(one, "proj_c")
      yield* remove(one, "proj_c")
      const next = yield* run(tip, failed.record)
      assert.deepStrictEqual([texts(next.revokedSince), texts(next.record.reviewed)], [["+ proj_c one"], []])
      yield* assertAccess(["proj_a", "proj_b"], ["proj_a", "proj_c"])
    })

    test("is left out without the log if its plan was applied before, except an unfinished step", function* ({
      fake,
      record
    }) {
      const plan = AppliedAccess.everything(yield* Access.plan(tip), record)
      yield* fake.setFaults(Faults.scripted([{ fault: Faults.error(400), operation: "create", checkpoint: two }]))
      const failed = yield* run(tip, record, plan)
      assert.deepStrictEqual(texts(failed.record.reviewed), ["+ proj_c two"])
      yield* remove(one, "proj_c")
      yield* fake.setFaults(Faults.scripted([{ fault: Faults.error(403), operation: "list-audit-logs", times: 9 }]))
      const again = yield* run(tip, failed.record, plan)
      assert.deepStrictEqual(texts(again.revokedSince), ["+ proj_c one"])
      yield* assertAccess(["proj_a", "proj_b"], ["proj_a", "proj_c"])
      assert.isString((yield* AppliedAccess.readLog(DateTime.unsafeMake(startAt)).pipe(Effect.provide(log))).failure)
    })
  })

  describe("F11: an end that no review showed", () => {
    const until = (day: string) => made({ [one]: exact("proj_a", { ...ending, until: day }), [two]: exact("proj_a") })
    const [first, later] = [until("2027-01-31"), until("2027-03-31")]
    const test = testsAfter(first)

    test("is listed, and the recorded one stays until an approval", function* ({ record }) {
      const pushed = yield* run(later, record)
      assert.deepStrictEqual(texts(pushed.ends), ["proj_b one 2027-01-31 → 2027-03-31"])
      assert.deepStrictEqual(texts(pushed.record.left), texts(pushed.ends))
      assert.deepStrictEqual(pushed.record.access, record.access)
      // the recorded end passes: nothing is revoked, and it is listed
      yield* Effect.sleep("3 days")
      const passed = yield* run(later, pushed.record)
      assert.deepStrictEqual([texts(passed.ends), passed.record.access], [texts(pushed.ends), record.access])
      assert.deepStrictEqual(yield* projectsAt(one), ["proj_a", "proj_b"])
      for (const approved of [
        AppliedAccess.due(yield* Access.plan(later), passed.record),
        AppliedAccess.everything(yield* Access.plan(later), passed.record)
      ]) {
        assert.deepStrictEqual(texts(approved.scope?.differences ?? []), texts(pushed.ends))
        const done = yield* run(later, passed.record, yield* reloaded(approved))
        assert.deepStrictEqual<unknown>(done.record.access[one], { proj_a: null, proj_b: "2027-03-31" })
        assert.deepStrictEqual([done.ends, done.record.left], [[], []])
      }
    })

    test("stays recorded at an entry that is removed and added again, until a plan shows the removal", function* ({
      record
    }) {
      const without = made({ [two]: exact("proj_a") })
      const removed = yield* run(without, record)
      assert.deepStrictEqual(texts(removed.ends), ["proj_b one 2027-01-31 → null"])
      assert.deepStrictEqual(removed.record.access, record.access)
      const added = yield* run(before, removed.record)
      assert.deepStrictEqual(texts(added.ends), ["proj_b one 2027-01-31 → null"])
      const reviewed = yield* run(without, record, yield* planOf(first, without))
      assert.deepStrictEqual<unknown>(reviewed.record.access, { [two]: { proj_a: null } })
    })

    testIn("cannot revoke access before the recorded end", world, function* () {
      const { record } = yield* run(later, AppliedAccess.empty)
      const pushed = yield* run(first, record)
      yield* Effect.sleep("3 days")
      const passed = yield* run(first, pushed.record)
      assert.deepStrictEqual(texts(passed.unreviewed), ["- proj_b one"])
      assert.deepStrictEqual(yield* projectsAt(one), ["proj_a", "proj_b"])
    })

    const [atLeast, owned] = [{ mode: "at-least" as const }, { owner: "proj_b" }].map((change) =>
      made({ [one]: { ...exact("proj_a"), ...change }, [two]: exact("proj_a") })
    )
    for (const [name, policy] of Object.entries({ atLeast, owned })) {
      assert.isDefined(policy)

      test(`is lost by no push without a plan after which nothing is revoked: ${name}`, function* ({ record }) {
        const removal = yield* planOf(first, withoutB)
        const pushed = yield* run(policy, record, removal)
        yield* Effect.sleep("3 days")
        const passed = yield* run(policy, pushed.record)
        for (const { ends, record: next } of [pushed, passed]) {
          assert.deepStrictEqual([texts(ends), next.access], [["proj_b one 2027-01-31 → null"], record.access])
        }
        assert.deepStrictEqual(yield* projectsAt(one), ["proj_a", "proj_b"])
        const approved = AppliedAccess.due(yield* Access.plan(policy), passed.record)
        const { ends, record: next } = yield* run(policy, passed.record, yield* reloaded(approved))
        assert.deepStrictEqual<unknown>([ends, next.access[one]], [[], { proj_a: null, proj_b: null }])
      })

      test(`is reviewed with the change after which nothing is revoked: ${name}`, function* ({ record }) {
        const merged = yield* run(policy, record, yield* planOf(first, policy))
        yield* Effect.sleep("3 days")
        const next = yield* run(policy, merged.record)
        assert.deepStrictEqual([merged.ends, next.ends, next.scope.changed], [[], [], []])
        assert.deepStrictEqual<unknown>(next.record.access[one], { proj_a: null, proj_b: null })
      })
    }

    test("is none that a plan shows, beside a newer plan of the same entry whose change does not explain it", function* ({
      fake,
      record
    }) {
      yield* fake.remove(one, "cp_proj_b")
      const added = made({
        [one]: exact("proj_a", { ...ending, until: "2027-01-31" }, "proj_c"),
        [two]: exact("proj_a")
      })
      const tip = made({ [one]: exact("proj_a", { ...ending, until: "2027-03-31" }, "proj_c"), [two]: exact("proj_a") })
      const plans = [yield* planOf(first, later), yield* Effect.delay(planOf(first, added), "1 minute")]
      const { ends, record: next } = yield* run(tip, record, ...plans)
      assert.deepStrictEqual<unknown>([ends, next.access[one]?.[ProjectId.make("proj_b")]], [[], "2027-03-31"])
    })

    test("is one that a later plan took back", function* ({ record }) {
      const plans = [yield* planOf(first, later), yield* Effect.delay(planOf(later, first), "1 minute")]
      const pushed = yield* run(later, record, ...plans.reverse())
      assert.deepStrictEqual(texts(pushed.ends), ["proj_b one 2027-01-31 → 2027-03-31"])
      assert.deepStrictEqual(pushed.record.access, record.access)
    })

    testIn("counts neither for a reviewed grant, nor for an entry that is new", world, function* () {
      const { record } = yield* run(made({ [one]: exact("proj_a", "proj_b") }), AppliedAccess.empty)
      const planned = made({ [one]: exact("proj_a", "proj_b", { project: "proj_c", until: "2027-01-31" }) })
      const tip = made({
        [one]: exact("proj_a", "proj_b", "proj_c"),
        [two]: exact({ project: "proj_a", until: "2027-02-01" })
      })
      const merged = yield* run(tip, record, yield* planOf(made({ [one]: exact("proj_a", "proj_b") }), planned))
      assert.deepStrictEqual(texts(merged.ends), ["proj_c one 2027-01-31 → null", "proj_a two null → 2027-02-01"])
      assert.deepStrictEqual<unknown>(merged.record.access, {
        [one]: { proj_a: null, proj_b: null, proj_c: "2027-01-31" },
        [two]: { proj_a: null }
      })
    })

    test("is not one that a merged plan showed, even if the checkpoint was not read", function* ({ fake, record }) {
      const plan = yield* planOf(first, later)
      assert.deepStrictEqual(
        [plan.counts.grants, texts(plan.scope?.differences ?? [])],
        [0, ["proj_b one 2027-01-31 → 2027-03-31"]]
      )
      yield* fake.setFaults(Faults.scripted([{ fault: Faults.error(400), operation: "list", checkpoint: one }]))
      const merged = yield* run(later, record, plan)
      assert.deepStrictEqual<unknown>(merged.record.access[one], { proj_a: null, proj_b: "2027-03-31" })
      assert.deepStrictEqual(merged.ends, [])
    })
  })

  test("F8: a permission that was revoked and granted again is another one", function* ({ fake, record }) {
    const plan = yield* planOf(before, withoutB)
    yield* fake.remove(one, "cp_proj_b")
    yield* fake.grant(one, "proj_b")
    const next = yield* run(withoutB, record, plan)
    assert.deepStrictEqual(texts(next.unreviewed), ["- proj_b one"])
    assert.deepStrictEqual(yield* projectsAt(one), ["proj_a", "proj_b"])
  })

  testIn("records permissions outside the list of an entry in the mode at-least", world, function* (fake) {
    const policy = made({ [one]: { mode: "at-least", projects: ["proj_a"] } })
    const { record } = yield* run(policy, AppliedAccess.empty)
    assert.deepStrictEqual<unknown>(record.access, { [one]: { proj_a: null, proj_b: null } })
    const strict = yield* selectOf(made({ [one]: exact("proj_a") }), record)
    assert.deepStrictEqual(texts(strict.unreviewed), ["- proj_b one"], "the revoke is due")
    yield* fake.remove(one, "cp_proj_b")
    const reviewed = yield* run(policy, record, AppliedAccess.everything(yield* Access.plan(policy), record))
    assert.deepStrictEqual<unknown>(reviewed.record.access, { [one]: { proj_a: null } }, "the revoke by hand")
  })

  testIn(
    "records an owner whose permission is listed, and no other: without the owner, its step is due",
    world,
    function* () {
      const owned = made({
        [one]: { owner: "proj_b", projects: ["proj_a"] },
        [two]: { owner: "proj_c", projects: ["proj_a", "proj_c"] }
      })
      const { record } = yield* run(owned, AppliedAccess.empty)
      assert.deepStrictEqual<unknown>(record.access, { [one]: { proj_a: null, proj_b: null }, [two]: { proj_a: null } })
      assert.deepStrictEqual((yield* selectOf(owned, record)).scope.changed, [])
      const tip = made({ [one]: exact("proj_a"), [two]: exact("proj_a", "proj_c") })
      const { byHand, unreviewed } = yield* selectOf(tip, record)
      assert.deepStrictEqual([texts(unreviewed), texts(byHand)], [["- proj_b one", "+ proj_c two"], []])
    }
  )
})

describe("the plan of a pull request", () => {
  const policyOf = (...projects: Checkpoints[string]["projects"]) => made({ [one]: exact(...projects) })
  const hot = { [one]: [permission("proj_a"), permission("proj_hot")] }

  testIn("F6: marks a step that its change does not explain", { seed: hot, startAt }, function* () {
    const plan = yield* planOf(policyOf("proj_a", "proj_b"), policyOf("proj_b", "proj_c"))
    assert.deepStrictEqual(texts(AppliedAccess.stepsOf(plan)), [
      "+ proj_b one",
      "+ proj_c one",
      "- proj_a one",
      "- proj_hot one"
    ])
    assert.deepStrictEqual<unknown>(plan.checkpoints[0]?.unexplained, ["proj_b", "proj_hot"])
  })

  testIn("leaves entries with ended access out that it does not change", world, function* () {
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
  testIn("is refused with an unknown field, or of another version", { seed: {} }, function* () {
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
