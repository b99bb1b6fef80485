import { FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { Deferred, Effect, Fiber } from "effect"
import { Access } from "../src/index.ts"
import { applied, reloaded } from "./support/applied.ts"
import { many, policy, test } from "./support/world.ts"
const checkpoints = many(3, "ft:")
const seed = Object.fromEntries(checkpoints.map((one) => [one, ["proj_out", "proj_other"]]))
const wanted = policy(Object.fromEntries(checkpoints.map((one) => [one, ["proj_in"]])))
  test("x", { seed }, function* () {
    const fake = yield* FakePermissions.FakePermissions
    const plan = yield* Effect.flatMap(Access.plan(wanted), reloaded)
    yield* fake.clearRequests
    yield* fake.inject(Faults.latency({ before: "1 minute" }), { operation: "create", times: 1 })
    const stop = yield* Deferred.make<void>()
    const running = yield* Effect.fork(applied(plan, { stop: Deferred.await(stop) }))
    yield* Effect.sleep("30 seconds")
    console.log((yield* fake.requests).map((r) => [r.operation, r.checkpoint, r.outcome]))
    yield* Deferred.succeed(stop, undefined)
    const steps = yield* Fiber.join(running)
    console.log(steps, (yield* fake.requests).map((r) => [r.operation, r.checkpoint, r.outcome]))
  })
