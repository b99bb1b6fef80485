import { FakePermissions, Faults } from "@checkpoint-permissions/testing"
import {
  ClusterWorkflowEngine,
  MessageStorage,
  RunnerAddress,
  RunnerHealth,
  RunnerStorage,
  Runners,
  Sharding,
  ShardingConfig
} from "@effect/cluster"
import { assert, describe } from "@effect/vitest"
import { WorkflowEngine } from "@effect/workflow"
import { Cause, Effect, Exit, Layer, Option, Scope } from "effect"
import * as ApplyWorkflow from "../src/ApplyWorkflow.ts"
import { Access, type AccessPlan } from "../src/index.ts"
import { policy, requestCounts, test } from "./support/world.ts"

const worker = ApplyWorkflow.layer().pipe(Layer.provideMerge(WorkflowEngine.layerMemory))

/** The stores that the runners of a cluster share. */
const stores = MessageStorage.layerMemory.pipe(
  Layer.merge(RunnerStorage.layerMemory),
  Layer.provide(ShardingConfig.layerDefaults)
)

const runner = (port: number) =>
  ApplyWorkflow.layer().pipe(
    Layer.provideMerge(ClusterWorkflowEngine.layer),
    Layer.provideMerge(Sharding.layer),
    Layer.provide([Runners.layerNoop, RunnerHealth.layerNoop]),
    Layer.provide(
      ShardingConfig.layer({
        runnerAddress: Option.some(RunnerAddress.make("localhost", port)),
        shardsPerGroup: 1
      })
    )
  )

/** The result of an execution, once it has one. */
const ended = (execution: string) =>
  ApplyWorkflow.ApplyPlan.poll(execution).pipe(
    Effect.delay("1 second"),
    Effect.repeat({ until: (result) => result?._tag === "Complete" }),
    Effect.flatMap((result) => (result?._tag === "Complete" ? Effect.succeed(result.exit) : Effect.dieMessage("never")))
  )

const runOf = (plan: AccessPlan.AccessPlan, run: string) =>
  Effect.flatMap(Effect.flatMap(ApplyWorkflow.submit(plan, { run }), ended), (exit) => exit)

const wanted = policy({ "ft:a": ["proj_a", "proj_b"], "ft:b": ["proj_b"], "ft:c": ["proj_c"] })
const seed = { "ft:a": ["proj_a", "proj_old"], "ft:b": ["proj_old"], "ft:c": ["proj_c"] }

/** The projects of each checkpoint after an apply. */
const after = [["proj_a", "proj_b"], ["proj_b"], ["proj_c"]]

const projects = (...checkpoints: ReadonlyArray<string>) =>
  Effect.flatMap(FakePermissions.FakePermissions, (fake) => Effect.forEach(checkpoints, fake.projects))

const sorted = (...checkpoints: ReadonlyArray<string>) =>
  Effect.map(projects(...checkpoints), (all) => all.map((ids) => [...ids].sort()))

describe("ApplyWorkflow", () => {
  test("applies a plan in parts, and counts its changes", { seed }, function* () {
    const plan = yield* Access.plan(wanted)
    const summary = yield* Effect.provide(runOf(plan, "night 1"), worker)
    assert.deepStrictEqual(summary, { granted: 2, revoked: 2, complete: 3, failed: [] })
    assert.deepStrictEqual(yield* sorted("ft:a", "ft:b", "ft:c"), after)
  })

  test("applies once for a run that is submitted twice, and again for another run", { seed }, function* () {
    const plan = yield* Access.plan(wanted)
    yield* Effect.gen(function* () {
      const first = yield* runOf(plan, "night 1")
      yield* Access.revoke("ft:b", ["proj_b"])
      const before = yield* requestCounts
      assert.deepStrictEqual(yield* runOf(plan, "night 1"), first)
      assert.deepStrictEqual(yield* requestCounts, before)
      assert.deepStrictEqual(yield* projects("ft:b"), [[]])
      assert.strictEqual((yield* runOf(plan, "night 2")).granted, 1)
      assert.deepStrictEqual(yield* projects("ft:b"), [["proj_b"]])
      // Without an id, each submission is a run of its own.
      yield* Access.revoke("ft:b", ["proj_b"])
      const other = yield* Effect.flatMap(ApplyWorkflow.submit(plan), ended)
      assert.strictEqual((yield* other).granted, 1)
    }).pipe(Effect.provide(worker))
  })

  test("continues after a checkpoint that fails, and reports it", {
    seed: { "ft:a": [], "ft:c": [] },
    behavior: { unknownCheckpoints: "not-found", checkpoints: ["ft:b"] }
  }, function* (fake) {
    const plan = yield* Access.plan(policy({ "ft:a": ["proj_a"], "ft:b": ["proj_b"], "ft:c": ["proj_c"] }))
    yield* fake.setBehavior({ checkpoints: [] })
    const summary = yield* Effect.provide(runOf(plan, "night 1"), worker)
    assert.deepInclude(summary, { granted: 2, complete: 2 })
    assert.deepStrictEqual(
      summary.failed.map(({ checkpoint }) => checkpoint),
      ["ft:b"]
    )
    assert.include(summary.failed[0]?.reason ?? "", "no such checkpoint")
  })

  test("fails with a value, and leaves other runs alone", { seed }, function* (fake) {
    const plan = yield* Access.plan(wanted)
    yield* Effect.gen(function* () {
      yield* fake.inject(Faults.error(401, { code: "invalid_api_key" }), { operation: "list" })
      assert.strictEqual((yield* Effect.flip(runOf(plan, "night 1")))._tag, "AuthenticationError")
      const other = yield* Effect.flip(runOf({ ...plan, organization: "org-other" }, "night 2"))
      assert.strictEqual(other._tag === "PlanRefused" ? other.reason : other._tag, "organization")
      assert.strictEqual((yield* runOf(plan, "night 3")).complete, 3)
    }).pipe(Effect.provide(worker))
  })

  test("refuses a plan above its limits before anything is stored", { seed }, function* () {
    const plan = yield* Access.plan(wanted)
    yield* Effect.gen(function* () {
      const refused = yield* Effect.flip(ApplyWorkflow.submit(plan, { run: "night 1", maxRevokes: 1 }))
      assert.strictEqual(refused.reason, "revokes")
      assert.deepInclude(yield* runOf(plan, "night 1"), { complete: 3 })
    }).pipe(Effect.provide(worker))
  })

  test("applies one part at a time, of several runs too", {
    seed,
    behavior: { latency: "1 second" }
  }, function* (fake) {
    const plan = yield* Access.plan(wanted)
    yield* fake.clearRequests
    yield* Effect.gen(function* () {
      yield* Effect.all([runOf(plan, "night 1"), runOf(plan, "night 2")], { concurrency: 2 })
      const requests = yield* fake.requests
      const overlapping = requests.filter((one) =>
        requests.some(
          ({ answeredAt = 0, checkpoint, time }) =>
            checkpoint !== one.checkpoint && time <= one.time && one.time < answeredAt
        )
      )
      assert.deepStrictEqual(overlapping, [])
    }).pipe(Effect.provide(worker))
  })

  describe("on a cluster", () => {
    test("a runner that is stopped within a part is replaced, and no finished part is repeated", {
      seed
    }, function* (fake) {
      const plan = yield* Access.plan(wanted)
      yield* Effect.gen(function* () {
        const first = yield* Scope.make()
        yield* fake.clearRequests
        yield* fake.setBehavior({ latency: "10 seconds" })
        const execution = yield* Effect.gen(function* () {
          const id = yield* ApplyWorkflow.submit(plan, { run: "night 1" })
          // Of the first part: a listing, a create, a delete and a listing. Of the second: a listing and a create.
          yield* fake.awaitRequests(6)
          return id
        }).pipe(Effect.provide(yield* Layer.buildWithScope(runner(1), first)))
        yield* Scope.close(first, Exit.void)
        const { length } = yield* fake.requests
        const exit = yield* Effect.provide(ended(execution), runner(2))
        const summary = yield* exit
        assert.deepStrictEqual([summary.complete, summary.failed], [3, []])
        const again = (yield* fake.requests).slice(length).map(({ checkpoint }) => checkpoint)
        assert.notInclude(again, "ft:a")
        // The first runner was interrupted within this part.
        assert.include(again, "ft:b")
        assert.deepStrictEqual(yield* sorted("ft:a", "ft:b", "ft:c"), after)
      }).pipe(Effect.provide(stores), Effect.scoped)
    })

    test("a failure is stored as a value", { seed }, function* (fake) {
      const plan = yield* Access.plan(wanted)
      yield* Effect.gen(function* () {
        yield* fake.inject(Faults.error(401, { code: "invalid_api_key" }), { operation: "list" })
        const submitted = Effect.flatMap(ApplyWorkflow.submit(plan, { run: "night 1" }), ended)
        for (const port of [1, 2]) {
          const exit = yield* Effect.provide(submitted, runner(port))
          const failure = yield* Effect.flip(exit)
          assert.strictEqual(failure._tag, "AuthenticationError")
          assert.isTrue(Exit.isFailure(exit) && Cause.isFailType(exit.cause))
        }
      }).pipe(Effect.provide(stores))
    })
  })
})
