import { Access } from "@checkpoint-permissions/access"
import { CheckpointPermissions } from "@checkpoint-permissions/client"
import { FakePermissions, Faults, ServerBehavior } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber } from "effect"
import { checkpoint, inWorld, many, project, projects, requestCounts, service } from "./support/world.ts"

const weather = checkpoint("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
const fake = FakePermissions.FakePermissions

/** The projects with access, each as often as it has a permission, in the order of their names. */
const having = Effect.flatMap(fake, ({ projects }) => Effect.map(projects(weather), (all) => [...all].sort()))

/** What happens to the first delete. */
const mishaps: Readonly<Record<string, Faults.Fault | undefined>> = {
  nothing: undefined,
  "the reply is lost": Faults.dropAfter(),
  "the connection is refused": Faults.dropBefore(),
  "502, done": Faults.html(502, { worked: true }),
  "502, not done": Faults.html(502),
  "half a reply": Faults.truncatedBody(),
  "a reply after the timeout": Faults.latency({ after: "40 seconds" }),
  "a reply that never ends": Faults.endless({ chunk: 0 }),
  "429": Faults.rateLimited(),
  "409, not done": Faults.error(409),
  "404, done": Faults.error(404, { worked: true })
}

describe("revoke", () => {
  for (const deleteGone of ServerBehavior.unknowns.deleteGone) {
    for (const [name, fault] of Object.entries(mishaps)) {
      it.effect(`takes every permission of the projects away: a second delete is ${deleteGone}, ${name}`, () =>
        Effect.forEach(ServerBehavior.unknowns.shortPages, (shortPages) =>
          inWorld(
            Effect.gen(function* () {
              assert.deepStrictEqual(yield* Access.revoke(weather, projects("proj_a", "proj_none", "proj_b")), {
                revoked: projects("proj_a", "proj_b"),
                absent: projects("proj_none"),
                owning: []
              })
              assert.deepStrictEqual(yield* having, ["proj_x", "proj_y", "proj_y"])
            }),
            {
              seed: { [weather]: ["proj_a", "proj_x", "proj_b", "proj_y", "proj_a", "proj_y", "proj_a"] },
              behavior: { deleteGone, shortPages, maxLimit: 2 },
              faults: Faults.scripted(fault === undefined ? [] : [{ fault, operation: "delete" }])
            }
          )
        )
      )
    }
  }

  it.effect("fails when something between answers 404 though the permission is there", () =>
    inWorld(
      Effect.gen(function* () {
        const error = yield* Effect.flip(Access.revoke(weather, projects("proj_a")))
        assert.strictEqual(error._tag, "NotFoundError")
        assert.deepStrictEqual(yield* having, ["proj_a"])
      }),
      {
        seed: { [weather]: ["proj_a"] },
        faults: Faults.scripted([{ fault: Faults.error(404), operation: "delete" }])
      }
    )
  )

  it.effect("sends one listing, and one delete for each permission", () =>
    inWorld(
      Effect.gen(function* () {
        yield* Access.revoke(weather, many(30).map(project))
        assert.deepStrictEqual(yield* requestCounts, { list: 1, create: 0, delete: 30 })
        yield* Access.revoke(weather, projects("proj_000"))
        assert.deepStrictEqual(yield* requestCounts, { list: 2, create: 0, delete: 30 })
      }),
      { seed: { [weather]: many(40) } }
    )
  )

  it.effect("names the project that owns the model, which cannot be revoked", () =>
    inWorld(
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* Access.revoke(weather, projects("proj_own", "proj_a")), {
          revoked: projects("proj_a"),
          absent: [],
          owning: projects("proj_own")
        })
        assert.deepStrictEqual(yield* having, ["proj_own"])
      }),
      { seed: { [weather]: ["proj_own", "proj_a"] }, behavior: { owners: { [weather]: "proj_own" } } }
    )
  )

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

  it.effect("says so when a delete fails, and the next revoke finishes the work", () =>
    inWorld(
      Effect.gen(function* () {
        const error = yield* Effect.flip(Access.revoke(weather, projects("proj_a", "proj_b")))
        assert.deepStrictEqual(
          [error._tag, error.operation, error.mayHaveExecuted],
          ["InvalidResponseError", "delete", true]
        )
        yield* Access.revoke(weather, projects("proj_a", "proj_b"))
        assert.deepStrictEqual(yield* having, [])
      }),
      {
        seed: { [weather]: ["proj_a", "proj_b", "proj_a"] },
        faults: Faults.scripted([{ fault: Faults.html(200), operation: "delete", nth: 2 }])
      }
    )
  )

  it.effect("deletes nothing when it cannot read all", () =>
    inWorld(
      Effect.gen(function* () {
        const error = yield* Effect.flip(Access.revoke(weather, projects("proj_a", "proj_b")))
        assert.strictEqual(error._tag, "IncompleteListingError")
        assert.strictEqual((yield* requestCounts).delete, 0)
      }),
      {
        seed: { [weather]: many(5) },
        behavior: { maxLimit: 2 },
        faults: Faults.scripted([{ fault: Faults.page("repeated-cursor"), operation: "list", times: 100 }])
      }
    )
  )

  it.effect("begins a listing anew that cannot be trusted", () =>
    inWorld(
      Effect.gen(function* () {
        const { revoked } = yield* Access.revoke(weather, many(5).map(project))
        assert.strictEqual(revoked.length, 5)
        assert.deepStrictEqual(yield* having, [])
      }),
      {
        seed: { [weather]: many(5) },
        behavior: { maxLimit: 2 },
        faults: Faults.scripted([{ fault: Faults.page("repeated-cursor"), operation: "list" }])
      }
    )
  )

  it.effect("interrupted in the middle of its deletes, lets those in flight finish and sends no more", () =>
    inWorld(
      Effect.gen(function* () {
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
      }),
      { seed: { [weather]: many(20) }, behavior: { latency: "10 seconds", replyLatency: "5 seconds" } }
    )
  )

  it.effect("refuses bad input before a request", () =>
    inWorld(
      Effect.gen(function* () {
        for (const [asked, field] of [
          [[], "projects"],
          [["proj_a", "a\nb"], "projects[1]"],
          [["."], "projects[0]"]
        ] as const) {
          const error = yield* Effect.flip(Access.revoke(weather, asked))
          assert.strictEqual(error._tag, "InvalidInputError")
          if (error._tag === "InvalidInputError")
            assert.deepStrictEqual([error.operation, error.field], ["delete", field])
        }
        assert.deepStrictEqual(yield* requestCounts, { list: 0, create: 0, delete: 0 })
      })
    )
  )
})
