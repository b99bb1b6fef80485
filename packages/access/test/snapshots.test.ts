import { RetryPolicy } from "@checkpoint-permissions/client"
import { FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { DateTime, Effect, Schedule } from "effect"
import { Access, AccessPlan, type AccessStep } from "../src/index.ts"
import { applied, tagsOf } from "./support/applied.ts"
import { a, b, many, otherAccess, policy, requestCounts, test, type World } from "./support/world.ts"

const finishedOf = (steps: ReadonlyArray<AccessStep.AccessStep>) =>
  steps.flatMap((step) => (step._tag === "CheckpointFinished" ? [step.complete] : []))

/** The listings that an effect sends. */
const listings = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const before = yield* requestCounts
    const result = yield* self
    return [(yield* requestCounts).list - before.list, result] as const
  })

const projects = Effect.flatMap(FakePermissions.FakePermissions, (fake) => fake.projects(a))

describe("a snapshot of a plan", () => {
  const unchanged = { seed: { [a]: ["proj_x"], [b]: ["proj_x"] } }
  const wanted = policy({ [a]: ["proj_x"], [b]: ["proj_x"] })

  test("is used while nothing indicates a change: of the plan and a spread of it", unchanged, function* () {
    const plan = yield* Access.plan(wanted)
    yield* Effect.sleep("59 minutes")
    for (const one of [plan, { ...plan }]) {
      const [sent, steps] = yield* listings(applied(one))
      assert.strictEqual(sent, 0)
      assert.isTrue(finishedOf(steps).every(Boolean))
    }
  })

  test("of another Access is not used", unchanged, function* () {
    const plan = yield* Access.plan(wanted)
    const other = yield* otherAccess()
    const [sent] = yield* listings(Effect.provideService(applied(plan), Access.Access, other))
    assert.strictEqual(sent, 2)
  })

  test("is not used from `maxSnapshotAge` on, nor where the clock was set back", unchanged, function* () {
    const plan = yield* Access.plan(wanted)
    yield* Effect.sleep("10 minutes")
    assert.strictEqual((yield* listings(applied(plan, { maxSnapshotAge: "601 seconds" })))[0], 0)
    assert.strictEqual((yield* listings(applied(plan, { maxSnapshotAge: "10 minutes" })))[0], 2)
    // As if the clock was set back since.
    const checkpoints = plan.checkpoints.map((one) => ({ ...one, readFrom: DateTime.add(one.readAt, { hours: 1 }) }))
    assert.strictEqual((yield* listings(applied({ ...plan, checkpoints })))[0], 2)
  })

  test("that began before a write of this Access had ended is not used", {
    ...unchanged,
    faults: Faults.scripted([{ fault: Faults.latency({ before: "1 second" }), operation: "create" }])
  }, function* () {
    const granting = yield* Effect.fork(Access.grant(a, ["proj_new"]))
    yield* Effect.sleep("500 millis")
    const plan = yield* Access.plan(wanted)
    yield* granting
    assert.isTrue(AccessPlan.isEmpty(plan))
    const [sent, steps] = yield* listings(applied(plan))
    assert.strictEqual(sent, 1)
    assert.include(finishedOf(steps), false)
  })

  test("is not used where the apply waited for another fiber, which wrote nothing", {
    ...unchanged,
    behavior: { latency: "1 second" }
  }, function* (fake) {
    const plan = yield* Access.plan(wanted)
    const revoking = yield* Effect.fork(Access.revoke(a, ["proj_nobody"]))
    yield* Effect.sleep("500 millis")
    yield* fake.grant(a, "proj_by_hand")
    const [sent, steps] = yield* listings(applied(plan))
    yield* revoking
    assert.strictEqual(sent, 1)
    assert.sameMembers(finishedOf(steps), [false, true])
  })
})

test("a listing whose second page is refused for eight minutes: plan and verdict name its span", {
  seed: { [a]: many(150) },
  client: { retry: RetryPolicy.make({ cap: "20 minutes", schedule: Schedule.recurs(3) }) },
  faults: Faults.scripted([
    { fault: Faults.latency({ before: 0 }), operation: "list" },
    { fault: Faults.error(429, { headers: { "retry-after": "480" } }), operation: "list" }
  ])
}, function* () {
  const plan = yield* Access.plan(policy({ [a]: many(150) }))
  const [checkpoint] = plan.checkpoints
  const minutes = (...span: ReadonlyArray<DateTime.Utc | undefined>) =>
    span.map((at) => at && DateTime.formatIso(at).slice(14, 16))
  assert.strictEqual(checkpoint?.found.length, 150)
  assert.deepStrictEqual(minutes(checkpoint?.readFrom, checkpoint?.readAt), ["00", "08"])
  const [finished] = yield* applied(plan)
  if (finished?._tag !== "CheckpointFinished") return assert.fail("it was not finished")
  assert.isTrue(finished.complete)
  assert.deepStrictEqual(minutes(finished.readFrom, finished.readAt), ["00", "08"])
})

describe("plans that are applied after each other, where a second grant makes a duplicate", () => {
  const world: World = { seed: { [a]: ["proj_old"] }, behavior: { regrant: "second", latency: "1 second" } }

  test("one, the same again and a spread of it: one create, no delete of a duplicate", world, function* () {
    const plan = yield* Access.plan(policy({ [a]: ["proj_x"] }))
    assert.deepStrictEqual(tagsOf(yield* applied(plan)), ["Granted", "Revoked", "CheckpointFinished"])
    for (const one of [plan, { ...plan }]) {
      assert.deepStrictEqual(tagsOf(yield* applied(one)), ["AlreadyDone", "AlreadyDone", "CheckpointFinished"])
    }
    assert.deepInclude(yield* requestCounts, { create: 1, delete: 1 })
    assert.deepStrictEqual(yield* projects, ["proj_x"])
  })
})
