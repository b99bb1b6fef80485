import { Access } from "@checkpoint-permissions/access"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber } from "effect"
import { checkpoint, projects, requestCounts, test } from "./support/world.ts"

const weather = checkpoint("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
const fake = FakePermissions.FakePermissions

/** The projects with access, each as often as it has a permission, in the order of their names. */
const having = Effect.flatMap(fake, ({ projects }) => Effect.map(projects(weather), (all) => [...all].sort()))

describe("grant", () => {
  test("fibers of one service take turns: each project once, whoever grants and revokes", {
    behavior: { regrant: "second", latency: "20 millis", replyLatency: "20 millis" }
  }, function* () {
    const asked = projects("proj_a", "proj_b", "proj_c")
    const reports = yield* Effect.all(
      Array.from({ length: 8 }, () => Access.grant(weather, asked)),
      { concurrency: "unbounded" }
    )
    assert.deepStrictEqual(yield* having, asked)
    assert.strictEqual(reports.filter(({ granted }) => granted.length === 3).length, 1)
    assert.strictEqual((yield* requestCounts).create, 1)
    yield* Effect.all([Access.revoke(weather, asked), Access.grant(weather, asked), Access.revoke(weather, asked)], {
      concurrency: "unbounded"
    })
    assert.deepStrictEqual(yield* having, [])
  })

  test("interrupted in the middle of a create, lets it finish; the next grant is exact", {
    behavior: { regrant: "second", latency: "10 seconds", replyLatency: "5 seconds" }
  }, function* () {
    const startedAt = yield* Clock.currentTimeMillis
    const granting = yield* Effect.fork(Access.grant(weather, projects("proj_a", "proj_b")))
    yield* Effect.sleep("20 seconds")
    assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(granting)))
    // read until 15 s; sent then, done at 25 s, answered at 30 s
    assert.strictEqual((yield* Clock.currentTimeMillis) - startedAt, 30_000)
    assert.deepStrictEqual(yield* having, ["proj_a", "proj_b"])
    const again = yield* Access.grant(weather, projects("proj_a", "proj_b", "proj_c"))
    assert.deepStrictEqual(again.granted, projects("proj_c"))
    assert.deepStrictEqual(yield* having, ["proj_a", "proj_b", "proj_c"])
    const { requests } = yield* fake
    assert.isFalse((yield* requests).some(({ outcome }) => outcome === "abandoned"))
  })
})
