import { FakePermissions, Faults, ServerBehavior } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Fiber } from "effect"
import { Access, AccessPlan, type AccessStep } from "../src/index.ts"
import { applied, recorder, reloaded, sorted } from "./support/applied.ts"
import { a, b, inWorld, many, policy, requestCounts, test } from "./support/world.ts"

const tags = (steps: Iterable<AccessStep.AccessStep>): Record<string, number> => {
  const counted: Record<string, number> = {}
  for (const { _tag } of steps) counted[_tag] = (counted[_tag] ?? 0) + 1
  return counted
}

const notDeleted = { id: "cp_old", object: "checkpoint.permission", deleted: false }

describe("apply", () => {
  test("grants before it revokes, and leaves the revokes out when a grant failed", {
    seed: { [a]: ["proj_old"], [b]: ["proj_old"] }
  }, function* (fake) {
    const plan = yield* Access.plan(policy({ [a]: ["proj_new"], [b]: ["proj_new"] }))
    yield* fake.inject(Faults.error(400, { message: "No such project." }), { operation: "create", checkpoint: a })
    const steps = yield* applied(plan)
    assert.deepStrictEqual(sorted(yield* fake.projects(a)), ["proj_old"])
    assert.deepStrictEqual(sorted(yield* fake.projects(b)), ["proj_new"])
    assert.deepStrictEqual(tags(steps), { Failed: 1, Skipped: 1, Granted: 1, Revoked: 1, CheckpointFinished: 2 })
    assert.isTrue(
      steps.every((step) => step._tag !== "CheckpointFinished" || step.complete === (step.checkpoint === b))
    )
  })

  const { deleteGone: gone, partialCreate, regrant } = ServerBehavior.unknowns
  const servers = regrant.flatMap((regrant) => partialCreate.map((partialCreate) => ({ regrant, partialCreate })))
  for (const [index, { partialCreate, regrant }] of servers.entries()) {
    const deleteGone = gone[index % gone.length]
    test(`plan, apply, plan ends empty: ${regrant}, ${partialCreate} done, ${deleteGone}`, {
      seed: { [a]: ["proj_old", "proj_gone", "proj_gone2"], [b]: [] },
      behavior: {
        regrant,
        partialCreate,
        deleteGone,
        maxProjects: 10,
        maxLimit: 7,
        owners: { [a]: "proj_own", [b]: "proj_mine" }
      }
    }, function* (fake) {
      const wanted = policy({
        [a]: ["proj_own", ...many(25), "proj_old"],
        [b]: { owner: "proj_mine", projects: ["proj_mine", "proj_x"] }
      } as const)
      const plan = yield* Access.plan(wanted)
      yield* fake.inject([Faults.dropAfter(), Faults.error(502, { worked: true })], { operation: "create" })
      yield* fake.inject(Faults.dropAfter(), { operation: "delete" })
      const steps = yield* applied(plan)
      assert.include(JSON.stringify(steps), "OwnerProject")
      assert.deepStrictEqual(sorted(yield* fake.projects(a)), sorted([...many(25), "proj_old"]))
      const second = yield* Access.plan(wanted)
      assert.isTrue(AccessPlan.isEmpty(second))
      assert.deepStrictEqual<ReadonlyArray<ReadonlyArray<string>>>(
        second.checkpoints.map(({ steps }) => steps.map(({ left, project }) => `${project}: ${left}`)),
        [["proj_own: owns the model"], ["proj_mine: owns the model"]]
      )
    })
  }

  test("names a project whose create was sent twice, if it ends before a listing shows the result, and resolves it next", {
    behavior: { regrant: "second", listingLag: "20 seconds" },
    faults: Faults.scripted([{ fault: Faults.dropAfter(), operation: "create" }])
  }, function* (fake) {
    const wanted = policy({ [a]: ["proj_x"] })
    const steps = yield* applied(yield* Access.plan(wanted), { stop: Effect.sleep("10 seconds") })
    assert.deepInclude<unknown>(steps[0], { project_id: "proj_x", confirmed: true, mayBeDuplicated: true })
    assert.deepStrictEqual(tags(steps), { Granted: 1, Stopped: 1 })
    assert.deepStrictEqual(yield* fake.projects(a), ["proj_x", "proj_x"])
    yield* Effect.sleep("20 seconds")
    assert.deepStrictEqual(tags(yield* applied(yield* Access.plan(wanted))), { Revoked: 1, CheckpointFinished: 1 })
    assert.deepStrictEqual(yield* fake.projects(a), ["proj_x"])
  })

  test("does not name it after a listing that shows the result", {
    behavior: { regrant: "second", listingLag: "20 seconds" },
    faults: Faults.scripted([{ fault: Faults.dropAfter(), operation: "create" }])
  }, function* () {
    const steps = yield* applied(yield* Access.plan(policy({ [a]: ["proj_x"] })))
    assert.deepStrictEqual(tags(steps), { Granted: 1, Revoked: 1, CheckpointFinished: 1 })
    assert.notInclude(JSON.stringify(steps), "mayBeDuplicated")
  })
  test("records an unknown result if it is interrupted during the listing after a 404", {
    seed: { [a]: ["proj_old"] },
    faults: Faults.scripted([
      { fault: Faults.error(404), operation: "delete" },
      { fault: Faults.latency({ before: "20 seconds" }), operation: "list", nth: 2 }
    ])
  }, function* () {
    const { journal, outcomes } = recorder()
    const fiber = yield* Effect.fork(applied(yield* Access.plan(policy({ [a]: [] })), { journal }))
    yield* Effect.sleep("10 seconds")
    yield* Fiber.interrupt(fiber)
    assert.deepStrictEqual(outcomes(), [null, "unknown"])
  })

  for (const [reply, fault, outcome, tag] of [
    ["a 404 of a gateway", Faults.error(404), "refused", "NotFoundError"],
    ["deleted: false", Faults.reply(200, { body: notDeleted }), "failed", "InvalidResponseError"]
  ] as const) {
    test(`fails on ${reply} while the listing still contains the permission`, {
      seed: { [a]: ["proj_old"] },
      faults: Faults.scripted([{ fault, operation: "delete" }])
    }, function* (fake) {
      const { journal, outcomes } = recorder()
      const plan = yield* Access.plan(policy({ [a]: [] }))
      const steps = yield* applied(plan, { journal })
      assert.deepStrictEqual(tags(steps), { Failed: 1, CheckpointFinished: 1 })
      assert.deepInclude<unknown>(steps[0], { action: "revoke", project_id: "proj_old" })
      assert.strictEqual(steps[0]?._tag === "Failed" && steps[0].error._tag, tag)
      assert.isTrue(steps.every((step) => step._tag !== "CheckpointFinished" || !step.complete))
      assert.deepStrictEqual(yield* fake.projects(a), ["proj_old"])
      assert.deepStrictEqual(outcomes(), [null, outcome])
      assert.deepStrictEqual(tags(yield* applied(yield* Access.plan(policy({ [a]: [] })))), {
        Revoked: 1,
        CheckpointFinished: 1
      })
    })
  }

  describe("is refused before any request", () => {
    const seed = { [a]: many(12, "gone_") }
    const refused = (options: Access.ApplyOptions, change: (plan: AccessPlan.AccessPlan) => AccessPlan.AccessPlan) =>
      inWorld(
        Effect.gen(function* () {
          const fake = yield* FakePermissions.FakePermissions
          const plan = yield* Access.plan(policy({ [a]: [] }))
          yield* fake.clearRequests
          const error = yield* Effect.flip(applied(change(plan), options))
          assert.deepStrictEqual(yield* requestCounts, { list: 0, create: 0, delete: 0 })
          return error._tag === "PlanRefused" ? error.reason : error._tag
        }),
        { seed }
      )
    const later = (minutes: number) => (plan: AccessPlan.AccessPlan) => ({
      ...plan,
      createdAt: DateTime.add(plan.createdAt, { minutes })
    })
    const changes: ReadonlyArray<
      readonly [string, Access.ApplyOptions, (plan: AccessPlan.AccessPlan) => object, string]
    > = [
      ["revokes more than the limit", { maxRevokes: 11 }, () => ({}), "revokes"],
      ["is for another server", {}, () => ({ apiUrl: "https://eu.example/v1" }), "server"],
      ["is for another organization", {}, () => ({ organization: "org-other" }), "organization"],
      ["was made from another policy than the one demanded", { policyDigest: "sha256:0" }, () => ({}), "policy"],
      ["is dated in the future", {}, later(6), "age"]
    ]
    it.effect.each(changes)("when it %s", ([, options, change, reason]) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* refused(options, (plan) => ({ ...plan, ...change(plan) })), reason)
      })
    )
  })

  test("of a saved plan does not change a checkpoint that another client changed, and reports the differences", {
    seed: { [a]: ["proj_keep", "proj_old"], [b]: ["proj_old"] }
  }, function* (fake) {
    const plan = yield* reloaded(yield* Access.plan(policy({ [a]: ["proj_keep"], [b]: [] })))
    yield* fake.seed({ [a]: ["proj_stranger"] })
    const kept = (yield* fake.permissions(a)).find(({ project_id }) => project_id === "proj_keep")
    yield* fake.remove(a, kept?.id ?? "")
    yield* fake.clearRequests
    const steps = yield* applied(plan)
    const drifted = steps.find((step) => step._tag === "Drifted")
    assert.strictEqual(drifted?._tag === "Drifted" ? drifted.differences.length : 0, 2)
    assert.deepInclude(tags(steps), { Drifted: 1, Revoked: 1 })
    assert.deepStrictEqual(sorted(yield* fake.projects(a)), ["proj_old", "proj_stranger"])
  })

  describe("journal", () => {
    test("has a line before and a line after each write, with actor, plan, server and organization", {
      seed: { [a]: ["proj_old"] },
      client: { organizationId: "org-1" }
    }, function* () {
      const { entries, journal } = recorder()
      const plan = yield* Access.plan(policy({ [a]: ["proj_new"] }))
      yield* applied(plan, { journal, actor: "alice" })
      const digest = yield* AccessPlan.sha256Of(plan)
      assert.deepStrictEqual(
        entries.map(({ event, action, project, outcome }) => [event, action, project, outcome]),
        [
          ["intent", "grant", "proj_new", null],
          ["result", "grant", "proj_new", "done"],
          ["intent", "revoke", "proj_old", null],
          ["result", "revoke", "proj_old", "done"]
        ]
      )
      for (const entry of entries) {
        assert.deepInclude(entry, {
          actor: "alice",
          plan: digest,
          checkpoint: a,
          server: "https://api.openai.com/v1",
          organization: "org-1"
        })
        assert.match(entry.time, /^2026-01-01T00:0/)
        assert.strictEqual(entry.request !== null, entry.event === "result")
        assert.strictEqual(entry.permission !== null, entry.event === "result" || entry.action === "revoke")
      }
    })

    for (const failAfter of [0, 1, 2, 3]) {
      test(`cannot be written after ${failAfter} lines: nothing more is changed`, {
        seed: { [a]: ["proj_old"] }
      }, function* (fake) {
        const { journal } = recorder(failAfter)
        const plan = yield* Access.plan(policy({ [a]: ["proj_new"] }))
        const error = yield* Effect.flip(applied(plan, { journal }))
        assert.strictEqual(error._tag, "JournalFailed")
        const counts = yield* requestCounts
        assert.strictEqual(counts.create, failAfter >= 1 ? 1 : 0)
        assert.strictEqual(counts.delete, failAfter >= 3 ? 1 : 0)
        assert.include(yield* fake.projects(a), failAfter >= 3 ? "proj_new" : "proj_old")
      })
    }
  })

  test("lets a request in flight finish when it is interrupted, and records its result", {
    behavior: { latency: "1 second" }
  }, function* (fake) {
    const { journal, outcomes } = recorder()
    const plan = yield* Access.plan(policy({ [a]: ["proj_x"] }))
    yield* fake.clearRequests
    const running = yield* Effect.fork(applied(plan, { journal }))
    yield* fake.awaitRequests(1)
    yield* Fiber.interrupt(running)
    assert.deepStrictEqual(
      (yield* fake.requests).map(({ outcome }) => outcome),
      ["replied"]
    )
    assert.deepStrictEqual(outcomes(), [null, "done"])
  })
})
