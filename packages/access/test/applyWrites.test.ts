import { Faults } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { Access } from "../src/index.ts"
import { applied, recorder, reloaded, tagsOf } from "./support/applied.ts"
import { a, many, policy, requestCounts, test } from "./support/world.ts"

const checkpoints = many(12, "ft:")
const seed = Object.fromEntries(checkpoints.map((one) => [one, ["proj_out", "proj_other"]]))
const wanted = policy(Object.fromEntries(checkpoints.map((one) => [one, ["proj_in"]])))

const planned = Effect.flatMap(Access.plan(wanted), reloaded)

describe("the first write of an apply", () => {
  for (const [status, tag] of [
    [401, "AuthenticationError"],
    [403, "MissingScopeError"]
  ] as const) {
    test(`that is refused with ${status} is the only one`, { seed }, function* (fake) {
      const plan = yield* planned
      const message = status === 403 ? "Missing scopes: api.fine_tuning.checkpoints.write" : "Incorrect API key"
      yield* fake.setFaults(
        Faults.scripted(
          (["create", "delete"] as const).map((operation) => ({
            fault: Faults.error(status, { message }),
            operation,
            times: 99
          }))
        )
      )
      const { entries, journal } = recorder()
      const steps: Array<string> = []
      const error = yield* Access.apply(plan, { journal }).pipe(
        Stream.runForEach(({ _tag }) => Effect.sync(() => void steps.push(_tag))),
        Effect.flip
      )
      assert.strictEqual(error._tag, tag)
      assert.deepStrictEqual(steps, ["Stopped"])
      const { create, delete: deletes } = yield* requestCounts
      assert.deepStrictEqual([create, deletes], [1, 0])
      const outcomes = entries.flatMap(({ event, outcome }) => (event === "result" ? [outcome] : []))
      assert.strictEqual(outcomes.filter((outcome) => outcome === "refused").length, 1)
      assert.isTrue(outcomes.every((outcome) => outcome === "refused" || outcome === "stopped"))
    })
  }

  test("starts the others after its first reply, also if that is repeated", { seed }, function* (fake) {
    const plan = yield* planned
    yield* fake.inject(Faults.error(500), { operation: "create", times: 1 })
    yield* fake.inject(Faults.latency({ after: "10 minutes" }), { operation: "create", times: 1 })
    const running = yield* Effect.fork(applied(plan))
    yield* Effect.sleep("1 minute")
    assert.isAbove((yield* requestCounts).delete, 0)
    assert.strictEqual(tagsOf(yield* Fiber.join(running)).filter((one) => one === "Revoked").length, 24)
  })
})

describe("an apply", () => {
  test("begins with the checkpoints that have steps", { seed: { ...seed, [a]: ["proj_y"] } }, function* (fake) {
    const settled = Object.fromEntries(checkpoints.map((one) => [one, ["proj_out", "proj_other"]]))
    const plan = yield* Effect.flatMap(Access.plan(policy({ ...settled, [a]: [] })), reloaded)
    yield* fake.clearRequests
    yield* applied(plan, { concurrency: 1 })
    assert.strictEqual((yield* fake.requests)[0]?.checkpoint, a)
  })

  test("refuses a plan that was applied", { seed }, function* () {
    const plan = yield* planned
    const executed = { ...plan, executed: { at: plan.createdAt, complete: true } }
    const again = yield* reloaded(executed)
    assert.deepStrictEqual(again, executed)
    const error = yield* Effect.flip(applied(again))
    assert.strictEqual(error._tag === "PlanRefused" && error.reason, "executed")
    assert.deepInclude(yield* requestCounts, { create: 0, delete: 0 })
  })
})
