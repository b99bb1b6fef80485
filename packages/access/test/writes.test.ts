import { Access } from "@checkpoint-permissions/access"
import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { Identifiers } from "@checkpoint-permissions/core"
import { FakePermissions, Faults, ServerBehavior } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, Option, Tracer } from "effect"
import { recorder } from "./support/applied.ts"
import {
  a,
  checkpoint,
  inWorld,
  many,
  otherAccess,
  project,
  projects,
  requestCounts,
  requests,
  test
} from "./support/world.ts"

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
  it.effect("counts a permission that another client deleted meanwhile as revoked", () =>
    Effect.forEach(ServerBehavior.unknowns.deleteGone, (deleteGone) =>
      inWorld(
        Effect.gen(function* () {
          const elsewhere = yield* otherAccess()
          const asked = projects("proj_a", "proj_b")
          const reports = yield* Effect.all([Access.revoke(weather, asked), elsewhere.revoke(weather, asked)], {
            concurrency: "unbounded"
          })
          for (const { revoked } of reports) assert.deepStrictEqual(revoked, asked)
          assert.deepStrictEqual(yield* having, [])
        }),
        { seed: { [weather]: ["proj_a", "proj_b"] }, behavior: { deleteGone, latency: "10 millis" } }
      )
    )
  )

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

  test("lets deletes in flight finish when it is interrupted, and sends no more", {
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
    assert.isTrue((yield* requests).every(({ outcome }) => outcome === "replied"))
    const { absent, revoked } = yield* Access.revoke(weather, many(20).map(project))
    assert.deepStrictEqual([absent.length, revoked.length], [sent, 20 - sent])
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

  test("change nothing when the line before cannot be written", { seed: { [weather]: ["proj_a"] } }, function* () {
    const { journal } = recorder(0)
    const failures = [
      yield* Effect.flip(Access.grant(weather, ["proj_b"], { journal })),
      yield* Effect.flip(Access.revoke(weather, ["proj_a"], { journal }))
    ]
    assert.deepStrictEqual(
      failures.map(({ _tag }) => _tag),
      ["JournalFailed", "JournalFailed"]
    )
    assert.deepStrictEqual(
      (yield* requests).filter(({ method }) => method !== "GET"),
      []
    )
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

test("a grant deletes a duplicate while 300 deletes wait at ten a minute", {
  seed: { [weather]: ["proj_a", "proj_a"], [a]: many(300) },
  behavior: { rate: { requests: 10, per: "1 minute" } },
  client: { pacing: Pacing.fixed({ requests: 10, per: "1 minute" }) }
}, function* () {
  const { permissions } = yield* fake
  const ids = (yield* permissions(a)).map(({ id }) => id)
  const queued = yield* Effect.fork(
    Effect.forEach(ids, (id) => CheckpointPermissions.delete(a, id), { concurrency: "unbounded" })
  )
  yield* Effect.sleep("1 second")
  const { alreadyGranted } = yield* Access.grant(weather, ["proj_a"])
  assert.deepStrictEqual(alreadyGranted, projects("proj_a"))
  assert.lengthOf(yield* permissions(weather), 1)
  assert.isAtMost((yield* requestCounts).list, 10)
  yield* Fiber.interrupt(queued)
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
