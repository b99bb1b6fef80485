import { Access } from "@checkpoint-permissions/access"
import { CheckpointPermissions } from "@checkpoint-permissions/client"
import { FakePermissions, Faults, ServerBehavior } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, Stream } from "effect"
import { checkpoint, inWorld, many, project, projects, requestCounts } from "./support/world.ts"

const weather = checkpoint("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
const fake = FakePermissions.FakePermissions

/** The projects with access, each as often as it has a permission, in the order of their names. */
const having = Effect.flatMap(fake, ({ projects }) => Effect.map(projects(weather), (all) => [...all].sort()))

/** What happens to the first create. */
const mishaps: Readonly<Record<string, Faults.Fault | undefined>> = {
  nothing: undefined,
  "the reply is lost": Faults.dropAfter(),
  "the connection is refused": Faults.dropBefore(),
  "the connection is reset before the work": Faults.dropBefore("ECONNRESET"),
  "502, done": Faults.html(502, { worked: true }),
  "502, not done": Faults.html(502),
  "503, done, and the server says not to retry": Faults.error(503, {
    worked: true,
    headers: { "x-should-retry": "false" }
  }),
  "503, not done, and the server says to retry": Faults.error(503, { headers: { "x-should-retry": "true" } }),
  "200 with HTML, done": Faults.html(200, { worked: true }),
  "200 with HTML, not done": Faults.html(200),
  "half a reply": Faults.truncatedBody(),
  "half a reply that looks whole": Faults.truncatedBody({ then: "end" }),
  "a reply after the timeout": Faults.latency({ after: "40 seconds" }),
  "a request that takes too long to get there": Faults.latency({ before: "40 seconds" }),
  "a reply that never ends": Faults.endless({ chunk: 0 }),
  "a redirect": Faults.redirect("https://elsewhere.example"),
  "429": Faults.rateLimited(),
  "409, done": Faults.error(409, { worked: true }),
  "400, done": Faults.error(400, { worked: true })
}

/** How a server may take several projects at once. Every mishap meets one of them for each way of a regrant. */
const creates = ServerBehavior.unknowns.partialCreate.flatMap((partialCreate) =>
  [100, 2].map((maxProjects) => ({ partialCreate, maxProjects }))
)

describe("grant", () => {
  for (const [nth, regrant] of ServerBehavior.unknowns.regrant.entries()) {
    for (const [at, [name, fault]] of Object.entries(mishaps).entries()) {
      it.effect(`gives each project one permission: regrant ${regrant}, ${name}`, () =>
        inWorld(
          Effect.gen(function* () {
            const asked = projects("proj_a", "proj_own", "proj_b", "proj_c", "proj_d")
            assert.deepStrictEqual(yield* Access.grant(weather, asked), {
              granted: projects("proj_b", "proj_c", "proj_d"),
              unlisted: [],
              alreadyGranted: projects("proj_a"),
              owning: projects("proj_own")
            })
            assert.deepStrictEqual(yield* having, ["proj_a", "proj_b", "proj_c", "proj_d", "proj_x"])
          }),
          {
            seed: { [weather]: ["proj_a", "proj_x"] },
            behavior: { ...creates[(nth + at) % creates.length], regrant, owners: { [weather]: "proj_own" } },
            faults: Faults.scripted(fault === undefined ? [] : [{ fault, operation: "create" }])
          }
        )
      )
    }
  }

  it.effect("sends no more than it must", () =>
    Effect.gen(function* () {
      const cost = (asked: ReadonlyArray<string>, world: Parameters<typeof inWorld>[1]) =>
        inWorld(Effect.zipRight(Access.grant(weather, asked), requestCounts), world)
      const asked = projects("proj_a", "proj_b")
      assert.deepStrictEqual(yield* cost(asked, {}), { list: 2, create: 1, delete: 0 })
      assert.deepStrictEqual(yield* cost(asked, { seed: { [weather]: asked } }), { list: 1, create: 0, delete: 0 })
      assert.deepStrictEqual(yield* cost([...asked, ...asked], {}), { list: 2, create: 1, delete: 0 })
      const lost = Faults.scripted([{ fault: Faults.dropAfter(), operation: "create" }])
      assert.deepStrictEqual(yield* cost(asked, { faults: lost }), { list: 3, create: 1, delete: 0 })
      const failed = Faults.scripted([{ fault: Faults.error(502), operation: "create" }])
      assert.deepStrictEqual(yield* cost(asked, { faults: failed }), { list: 3, create: 2, delete: 0 })
      const owners = { [weather]: "proj_a" }
      assert.deepStrictEqual(yield* cost(asked, { behavior: { owners } }), { list: 3, create: 2, delete: 0 })
    })
  )

  it.effect("grants more projects than one create takes", () =>
    Effect.gen(function* () {
      const granting = (count: number, maxProjects: number) =>
        inWorld(
          Effect.gen(function* () {
            const { granted } = yield* Access.grant(weather, many(count).map(project))
            assert.strictEqual(granted.length, count)
            assert.deepStrictEqual(yield* having, many(count))
            return (yield* requestCounts).create
          }),
          { behavior: { maxProjects, regrant: "second" } }
        )
      assert.strictEqual(yield* granting(100, 100), 1)
      assert.strictEqual(yield* granting(101, 100), 2)
      assert.strictEqual(yield* granting(250, 100), 3)
      yield* granting(8, 3)
      yield* granting(130, 60)
      yield* granting(5, 1)
    })
  )

  it.effect("takes the only project asked for to be the owner, when the server does not name it", () =>
    inWorld(
      Effect.gen(function* () {
        const message = "Cannot modify checkpoint permissions for the owning project"
        yield* (yield* fake).inject(Faults.error(400, { message }), { operation: "create", times: 2 })
        assert.deepStrictEqual((yield* Access.grant(weather, projects("proj_a"))).owning, projects("proj_a"))
        // of several it cannot know, so it asks for one after the other
        const { granted, owning } = yield* Access.grant(weather, projects("proj_b", "proj_c"))
        assert.deepStrictEqual({ granted, owning }, { granted: projects("proj_b", "proj_c"), owning: [] })
      })
    )
  )

  it.effect("fails with the refusal of a project, once the others are granted", () =>
    inWorld(
      Effect.gen(function* () {
        const { inject } = yield* fake
        yield* inject(Faults.error(400, { message: "one of them is unknown" }), { operation: "create" })
        yield* inject(Faults.error(400, { message: "proj_a is unknown" }), { operation: "create" })
        const error = yield* Effect.flip(Access.grant(weather, projects("proj_a", "proj_b")))
        assert.deepStrictEqual([error._tag, error.detail], ["BadRequestError", "proj_a is unknown"])
        assert.deepStrictEqual(yield* having, ["proj_b"])
      })
    )
  )

  it.effect("gives up a create that is never carried out, after five", () =>
    inWorld(
      Effect.gen(function* () {
        const error = yield* Effect.flip(Access.grant(weather, projects("proj_a")))
        assert.deepStrictEqual([error._tag, error.mayHaveExecuted], ["ServerError", true])
        assert.deepStrictEqual(yield* requestCounts, { list: 6, create: 5, delete: 0 })
      }),
      { faults: Faults.scripted([{ fault: Faults.error(502), operation: "create", times: 100 }]) }
    )
  )

  it.effect("sends nothing when it cannot read", () =>
    inWorld(
      Effect.gen(function* () {
        const error = yield* Effect.flip(Access.grant(weather, projects("proj_a")))
        assert.strictEqual(error._tag, "InvalidResponseError")
        assert.deepStrictEqual(yield* requestCounts, { list: 1, create: 0, delete: 0 })
      }),
      { faults: Faults.scripted([{ fault: Faults.page("missing-has-more"), operation: "list" }]) }
    )
  )

  it.effect("refuses bad input before a request", () =>
    inWorld(
      Effect.gen(function* () {
        const long = "p".repeat(513)
        for (const [model, asked, field] of [
          [weather, [], "projects"],
          [weather, ["proj_a", ""], "projects[1]"],
          [weather, [".."], "projects[0]"],
          [weather, [" proj_a"], "projects[0]"],
          [weather, [long], "projects[0]"],
          ["ftckpt_1", ["proj_a"], "checkpoint"],
          ["..", ["proj_a"], "checkpoint"],
          ["", ["proj_a"], "checkpoint"]
        ] as const) {
          const error = yield* Effect.flip(Access.grant(model, asked))
          assert.strictEqual(error._tag, "InvalidInputError")
          if (error._tag === "InvalidInputError")
            assert.deepStrictEqual([error.operation, error.field], ["create", field])
        }
        assert.deepStrictEqual(yield* requestCounts, { list: 0, create: 0, delete: 0 })
      })
    )
  )

  it.effect("leaves the oldest of several permissions: by created_at, then by id", () =>
    inWorld(
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* Access.grant(weather, projects("proj_a", "proj_b")), {
          granted: [],
          unlisted: [],
          alreadyGranted: projects("proj_a", "proj_b"),
          owning: []
        })
        const { permissions } = yield* fake
        assert.deepStrictEqual(
          (yield* permissions(weather)).map(({ id }) => String(id)),
          ["cp_z", "cp_b", "cp_y1", "cp_y2"]
        )
      }),
      {
        seed: {
          [weather]: [
            { project_id: "proj_a", id: "cp_z", created_at: 1 },
            { project_id: "proj_a", id: "cp_a", created_at: 2 },
            { project_id: "proj_b", id: "cp_c", created_at: 3 },
            { project_id: "proj_b", id: "cp_b", created_at: 3 },
            { project_id: "proj_b", id: "cp_d", created_at: 3 },
            { project_id: "proj_y", id: "cp_y1", created_at: 4 },
            { project_id: "proj_y", id: "cp_y2", created_at: 4 }
          ]
        }
      }
    )
  )

  it.effect("a permission that is listed twice is no duplicate of itself", () =>
    inWorld(
      Effect.gen(function* () {
        const honest = yield* CheckpointPermissions.CheckpointPermissions
        const twice = { ...honest, stream: (id: string) => Stream.concat(honest.stream(id), honest.stream(id)) }
        const { alreadyGranted } = yield* Effect.provideService(
          Access.grant(weather, projects("proj_a")),
          CheckpointPermissions.CheckpointPermissions,
          twice
        )
        assert.deepStrictEqual(alreadyGranted, projects("proj_a"))
        assert.deepStrictEqual(yield* having, ["proj_a"])
      }),
      { seed: { [weather]: ["proj_a"] } }
    )
  )

  it.effect("fibers of one service take turns: each project once, whoever grants and revokes", () =>
    inWorld(
      Effect.gen(function* () {
        const asked = projects("proj_a", "proj_b", "proj_c")
        const reports = yield* Effect.all(
          Array.from({ length: 8 }, () => Access.grant(weather, asked)),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(yield* having, asked)
        assert.strictEqual(reports.filter(({ granted }) => granted.length === 3).length, 1)
        assert.strictEqual((yield* requestCounts).create, 1)
        yield* Effect.all(
          [Access.revoke(weather, asked), Access.grant(weather, asked), Access.revoke(weather, asked)],
          {
            concurrency: "unbounded"
          }
        )
        assert.deepStrictEqual(yield* having, [])
      }),
      { behavior: { regrant: "second", latency: "20 millis", replyLatency: "20 millis" } }
    )
  )

  it.effect("reads all again that it granted, when only the last of several creates was doubtful", () =>
    inWorld(
      Effect.gen(function* () {
        const { seed } = yield* fake
        // somebody else grants proj_a between the first reading (at 1 s) and the create that works (at 4 s)
        yield* Effect.fork(Effect.delay(seed({ [weather]: ["proj_a"] }), "3500 millis"))
        yield* Access.grant(weather, projects("proj_a", "proj_b"))
        assert.deepStrictEqual(yield* having, ["proj_a", "proj_b"])
      }),
      {
        behavior: { regrant: "second", maxProjects: 1, latency: "1 second" },
        faults: Faults.scripted([{ fault: Faults.dropAfter(), operation: "create", nth: 3 }])
      }
    )
  )

  it.effect("interrupted in the middle of a create, lets it finish; the next grant is exact", () =>
    inWorld(
      Effect.gen(function* () {
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
      }),
      { behavior: { regrant: "second", latency: "10 seconds", replyLatency: "5 seconds" } }
    )
  )
})
