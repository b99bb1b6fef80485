import { Pacing } from "@checkpoint-permissions/client"
import { FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Duration, Effect, Stream } from "effect"
import { Access, AccessMatrix, type AccessPlan } from "../src/index.ts"
import { checkpoint, many, policy, test } from "./support/world.ts"

const names = many(40, "ft:")
const all = names.map(checkpoint)
const wanted = policy(Object.fromEntries(names.map((name) => [name, ["proj_x"]])))

const failing = (status: number, times = 100_000) =>
  Faults.scripted([{ fault: Faults.error(status), operation: "list", times }])

describe("a long run on a server that fails", () => {
  for (const run of ["audit", "plan"] as const) {
    const started =
      run === "audit"
        ? Effect.asVoid(Access.audit(all, { concurrency: 1 }))
        : Effect.asVoid(Access.plan(wanted, { concurrency: 1 }))

    test(`${run}: ends at once when the quota lets nothing through`, {
      faults: failing(429),
      client: { pacing: Pacing.adaptive }
    }, function* () {
      const error = yield* Effect.flip(started)
      assert.strictEqual(error._tag, "RateLimitError")
      const listed = new Set((yield* (yield* FakePermissions.FakePermissions).requests).map((one) => one.checkpoint))
      assert.strictEqual(listed.size, 1)
    })
  }

  test("audit: delivers what was read, and says why the rest is unknown", {
    faults: Faults.scripted(names.slice(5).map((name) => ({ fault: Faults.error(500), checkpoint: name, times: 100 })))
  }, function* () {
    const matrix = yield* Access.audit(all, { concurrency: 4 })
    const { complete, incomplete } = AccessMatrix.counts(matrix)
    assert.strictEqual(complete, 5)
    assert.strictEqual(incomplete, 35)
    const last = matrix.rows.at(-1)
    assert.match(last?.complete === false ? last.reason : "", /the run ended, .*500/)
  })

  /** The steps of an apply that fails with an error of the server. */
  const failed = (plan: AccessPlan.AccessPlan, options?: Access.ApplyOptions) =>
    Effect.gen(function* () {
      const steps: Array<string> = []
      const error = yield* Effect.flip(
        Stream.runForEach(Access.apply(plan, options), (step) =>
          Effect.sync(() => void steps.push(step._tag === "Stopped" ? `Stopped ${step.remaining}` : step._tag))
        )
      )
      assert.strictEqual(error._tag, "ServerError")
      return { last: steps.at(-1) ?? "", failures: steps.filter((tag) => tag === "Failed").length }
    })

  test("apply: ends with what was done, how many are left, and the error", {}, function* () {
    const plan = yield* Access.plan(wanted)
    const { inject } = yield* FakePermissions.FakePermissions
    const fault = Faults.error(500, { headers: { "x-should-retry": "false" } })
    yield* inject(fault, { operation: "create", times: 1000 })
    assert.deepStrictEqual(yield* failed(plan, { concurrency: 1 }), { last: "Stopped 30", failures: 10 })
  })

  test("apply: checkpoints that are not asked about do not count as answered", {}, function* () {
    const fake = yield* FakePermissions.FakePermissions
    yield* fake.seed(Object.fromEntries(names.map((name) => [name, ["proj_x"]])))
    const half = Object.fromEntries(names.map((name, i) => [name, i % 2 === 0 ? ["proj_x", "proj_y"] : ["proj_x"]]))
    const plan = yield* Access.plan(policy(half))
    yield* fake.inject(Faults.error(500), { times: 100_000 })
    const { failures, last } = yield* failed(plan)
    assert.match(last, /^Stopped \d+$/)
    assert.isBelow(failures, 18)
  })

  test("apply: a checkpoint that alone is refused for its rate does not end the run", {
    behavior: { latency: "30 seconds" },
    client: { timeout: "1 minute" }
  }, function* () {
    const plan = yield* Access.plan(wanted)
    const fake = yield* FakePermissions.FakePermissions
    yield* fake.inject(Faults.rateLimited({ "retry-after": "1" }), {
      operation: "list",
      checkpoint: "ft:003",
      times: 100_000
    })
    const steps = [...(yield* Stream.runCollect(Access.apply(plan, { concurrency: 2 })))]
    const complete = steps.filter((step) => step._tag === "CheckpointFinished" && step.complete)
    assert.strictEqual(complete.length, 39)
  })

  test("is over in minutes", { faults: failing(500) }, function* () {
    const [took] = yield* Effect.timed(Effect.flip(Access.audit(all)))
    assert.isBelow(Duration.toMinutes(took), 15)
  })
})
