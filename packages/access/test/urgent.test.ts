/** A grant beside many deletes that wait for the rate limiter: it deletes a duplicate without waiting for them. */
import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { assert } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { Access } from "../src/index.ts"
import { many, project, requestCounts, test } from "./support/world.ts"

const weather = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
const other = "ft:gpt-4o-mini-2024-07-18:org:other:A1"

test("a grant deletes a duplicate while 300 deletes wait at ten a minute", {
  seed: { [weather]: ["proj_a", "proj_a"], [other]: many(300) },
  behavior: { rate: { requests: 10, per: "1 minute" } },
  client: { pacing: Pacing.fixed({ requests: 10, per: "1 minute" }) }
}, function* () {
  const fake = yield* FakePermissions.FakePermissions
  const ids = (yield* fake.permissions(other)).map(({ id }) => id)
  const queued = yield* Effect.fork(
    Effect.forEach(ids, (id) => CheckpointPermissions.delete(other, id), { concurrency: "unbounded" })
  )
  yield* Effect.sleep("1 second")
  const { alreadyGranted } = yield* Access.grant(weather, ["proj_a"])
  assert.deepStrictEqual(alreadyGranted, [project("proj_a")])
  assert.lengthOf(yield* fake.permissions(weather), 1)
  assert.isAtMost((yield* requestCounts).list, 10)
  yield* Fiber.interrupt(queued)
})
