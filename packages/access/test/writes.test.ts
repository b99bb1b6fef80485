import { Access } from "@checkpoint-permissions/access"
import { CheckpointPermissions } from "@checkpoint-permissions/client"
import { Identifiers } from "@checkpoint-permissions/core"
import { FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, Option, Tracer } from "effect"
import { recorder } from "./support/applied.ts"
import { checkpoint, project, projects, requests, test } from "./support/world.ts"

const weather = checkpoint("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
const fake = FakePermissions.FakePermissions

/** The projects with access, each as often as it has a permission, in the order of their names. */
const having = Effect.flatMap(fake, ({ projects }) => Effect.map(projects(weather), (all) => [...all].sort()))

describe("grant", () => {
  test("lets a create finish when it is interrupted, and the next grant is exact", {
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
    assert.isFalse((yield* requests).some(({ outcome }) => outcome === "abandoned"))
  })
})

describe("revoke", () => {
  test("fails when a delete fails, and the next revoke deletes the rest", {
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
})

describe("grant, revoke", () => {
  test("have a line before and after each write, with permission and actor, and no plan", {
    seed: { [weather]: ["proj_a"] }
  }, function* () {
    const { entries, journal } = recorder()
    yield* Access.grant(weather, ["proj_a", "proj_b"], { journal, actor: "ann" })
    yield* Access.revoke(weather, ["proj_a"], { journal })
    const lines = entries.map((one) => [one.event, one.action, one.project, one.outcome, one.actor, one.plan])
    assert.deepStrictEqual(lines, [
      ["intent", "grant", "proj_b", null, "ann", null],
      ["result", "grant", "proj_b", "done", "ann", null],
      ["intent", "revoke", "proj_a", null, null, null],
      ["result", "revoke", "proj_a", "done", null, null]
    ])
    const left = (yield* (yield* fake).permissions(weather)).map(({ id, project_id }) => [id, project_id])
    assert.deepStrictEqual(left, [[entries[1]?.permission, "proj_b"]])
  })
})

test("writes of a service that does not call the client count by their replies", {
  seed: { [weather]: ["proj_a", "proj_a"] }
}, function* () {
  const permissions = yield* CheckpointPermissions.CheckpointPermissions
  const object = "checkpoint.permission"
  const id = Identifiers.PermissionId.make("cp_b")
  const access = yield* Access.make({
    ...permissions,
    create: () =>
      Effect.succeed({
        object: "list",
        has_more: false,
        data: [{ object, id, created_at: 1_767_225_600, project_id: project("proj_b") }]
      }),
    delete: (_, id) => Effect.succeed({ object, id: Identifiers.PermissionId.make(id), deleted: true })
  })
  const { journal, outcomes } = recorder()
  const report = yield* access.grant(weather, ["proj_a", "proj_b"], { journal })
  assert.deepStrictEqual([report.alreadyGranted, report.notListedYet], [projects("proj_a"), projects("proj_b")])
  assert.deepStrictEqual(outcomes(), [null, "done", null, "done"])
})

test("grant and revoke are spans with the checkpoint and the counts of the report, around those of the requests", {
  seed: { [weather]: ["proj_had"] },
  behavior: { owners: { [weather]: "proj_owner" } }
}, function* () {
  const spans: Array<Tracer.Span> = []
  const native = yield* Effect.tracer
  const tracer = Tracer.make({
    span: (...args) => {
      const span = native.span(...args)
      spans.push(span)
      return span
    },
    context: (run, fiber) => native.context(run, fiber)
  })
  yield* Effect.gen(function* () {
    yield* Access.grant(weather, ["proj_had", "proj_a", "proj_b", "proj_owner"])
    yield* Access.revoke(weather, ["proj_a", "proj_none"])
    yield* Effect.flip(Access.revoke("", ["proj_a"]))
  }).pipe(Effect.withTracer(tracer))
  const outer = spans.filter(({ name }) => name.startsWith("Access."))
  assert.deepStrictEqual(
    outer.map(({ attributes, name }) => ({ name, ...Object.fromEntries(attributes) })),
    [
      {
        name: "Access.grant",
        checkpoint: weather,
        projects: 4,
        granted: 2,
        already_granted: 1,
        not_listed_yet: 0,
        owner_projects: 1,
        may_be_duplicated: 0
      },
      { name: "Access.revoke", checkpoint: weather, projects: 2, revoked: 1, absent: 1, owner_projects: 0 },
      { name: "Access.revoke" }
    ]
  )
  const requests = spans.filter(({ name }) => name.startsWith("CheckpointPermissions."))
  const parents = new Set(requests.map(({ parent }) => Option.getOrUndefined(parent)?.spanId))
  assert.deepStrictEqual(parents, new Set(outer.slice(0, 2).map(({ spanId }) => spanId)))
})
