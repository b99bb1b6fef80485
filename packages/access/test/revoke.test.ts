import { Access } from "@checkpoint-permissions/access"
import { CheckpointPermissions } from "@checkpoint-permissions/client"
import { FakePermissions, Faults, ServerBehavior } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber } from "effect"
import { checkpoint, inWorld, many, project, projects, requestCounts, service, test } from "./support/world.ts"

const weather = checkpoint("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
const fake = FakePermissions.FakePermissions

/** The projects with access, each as often as it has a permission, in the order of their names. */
const having = Effect.flatMap(fake, ({ projects }) => Effect.map(projects(weather), (all) => [...all].sort()))

describe("revoke", () => {
  it.effect("takes what somebody else deleted meanwhile for revoked", () =>
    Effect.forEach(ServerBehavior.unknowns.deleteGone, (deleteGone) =>
      inWorld(
        Effect.gen(function* () {
          const elsewhere = yield* service()
          const asked = projects("proj_a", "proj_b")
          const reports = yield* Effect.all(
            [
              Access.revoke(weather, asked),
              Effect.provideService(
                Access.revoke(weather, asked),
                CheckpointPermissions.CheckpointPermissions,
                elsewhere
              )
            ],
            { concurrency: "unbounded" }
          )
          for (const { revoked } of reports) assert.deepStrictEqual(revoked, asked)
          assert.deepStrictEqual(yield* having, [])
        }),
        { seed: { [weather]: ["proj_a", "proj_b"] }, behavior: { deleteGone, latency: "10 millis" } }
      )
    )
  )

  test("says so when a delete fails, and the next revoke finishes the work", {
    seed: { [weather]: ["proj_a", "proj_b", "proj_a"] },
    faults: Faults.scripted([{ fault: Faults.html(200), operation: "delete", nth: 2 }])
  }, function* () {
    const error = yield* Effect.flip(Access.revoke(weather, projects("proj_a", "proj_b")))
    assert.deepStrictEqual(
      [error._tag, error.operation, error.mayHaveExecuted],
      ["InvalidResponseError", "delete", true]
    )
    yield* Access.revoke(weather, projects("proj_a", "proj_b"))
    assert.deepStrictEqual(yield* having, [])
  })

  test("interrupted in the middle of its deletes, lets those in flight finish and sends no more", {
    seed: { [weather]: many(20) },
    behavior: { latency: "10 seconds", replyLatency: "5 seconds" }
  }, function* () {
    const startedAt = yield* Clock.currentTimeMillis
    const revoking = yield* Effect.fork(Access.revoke(weather, many(20).map(project)))
    yield* Effect.sleep("20 seconds")
    assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(revoking)))
    assert.strictEqual((yield* Clock.currentTimeMillis) - startedAt, 30_000)
    const sent = (yield* requestCounts).delete
    assert.isTrue(sent > 0 && sent < 20)
    assert.strictEqual((yield* having).length, 20 - sent)
    const { requests } = yield* fake
    assert.isTrue((yield* requests).every(({ outcome }) => outcome === "replied"))
    const { absent, revoked } = yield* Access.revoke(weather, many(20).map(project))
    assert.deepStrictEqual([absent.length, revoked.length], [sent, 20 - sent])
  })
})
