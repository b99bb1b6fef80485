/** Grants and revokes, with lost replies and with several fibers. */
import {
  Access,
  CheckpointPermissions,
  FakePermissions,
  Identifiers,
  RetryPolicy,
  VirtualClock
} from "@checkpoint-permissions/effect4"
import { Effect, Option, References, Schedule } from "effect"
import type { HttpClient } from "effect/http"
import { assert, describe, test } from "vitest"
import { it } from "./support/it.ts"
import { checkpoint, onFake, tracing } from "./support/setup.ts"

const named = (names: ReadonlyArray<string>) => names.map((name) => `proj_${name}`)

/** As a server that is down for a while is outlived. */
const patient = RetryPolicy.make({ schedule: Schedule.upTo(Schedule.spaced("1 second"), { times: 9 }), cap: "1 hour" })

const run = <A, E>(
  self: Effect.Effect<
    A,
    E,
    | Access.Access
    | CheckpointPermissions.CheckpointPermissions
    | FakePermissions.FakePermissions
    | HttpClient.HttpClient
  >,
  fake: FakePermissions.Options,
  clock: VirtualClock.Options = {}
) =>
  self.pipe(
    Effect.provide(Access.layer),
    Effect.provide(onFake(fake, { retry: patient, timeout: "10 seconds" })),
    Effect.provideService(References.MinimumLogLevel, "None"),
    (effect) => VirtualClock.run(effect, clock),
    Effect.runPromise
  )

describe("fibers of one Access exclude each other at a checkpoint", () => {
  test("each project has one permission, in every order of them", async () => {
    for (let seed = 1; seed <= 25; seed++) {
      await run(
        Effect.gen(function* () {
          const fake = yield* FakePermissions.FakePermissions
          yield* Effect.forEach(["ab", "bc", "ca", "abc"], (names) => Access.grant(checkpoint, named([...names])), {
            concurrency: "unbounded"
          })
          assert.sameMembers([...(yield* fake.projects(checkpoint))], named(["a", "b", "c"]), `seed ${seed}`)
          // none was doubled on the way
          assert.isFalse(
            (yield* fake.requests).some(({ operation }) => operation === "delete"),
            `seed ${seed}`
          )
        }),
        { behavior: { regrant: "second", latency: { min: 0, max: "50 millis" } }, randomSeed: seed },
        { seed, yieldChance: 0.02 }
      )
    }
  })

  test("over a decorated service too: two grants of a project are one create", () =>
    run(
      Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        const permissions = yield* CheckpointPermissions.CheckpointPermissions
        const decorated: typeof permissions = {
          ...permissions,
          create: (...call) => Effect.withLogSpan(permissions.create(...call), "create")
        }
        const access = yield* Access.make(decorated)
        // each fiber has a decorated service of its own besides, as where one is made for each request
        const grant = Access.grant(checkpoint, ["proj_a"]).pipe(
          Effect.provideService(CheckpointPermissions.CheckpointPermissions, { ...decorated }),
          Effect.provideService(Access.Access, access)
        )
        const reports = yield* Effect.all([grant, grant], { concurrency: "unbounded" })
        assert.deepStrictEqual(
          reports.map(({ alreadyGranted, granted }) => [granted.length, alreadyGranted.length]),
          [
            [1, 0],
            [0, 1]
          ]
        )
        assert.deepStrictEqual(
          (yield* fake.requests).map(({ operation }) => operation),
          ["list", "create", "list", "list"]
        )
      }),
      { behavior: { regrant: "second", latency: { min: "1 second", max: "1 second" } } }
    ))
})

test("deletes of a service that does not call the client count by their replies", () =>
  run(
    Effect.gen(function* () {
      const permissions = yield* CheckpointPermissions.CheckpointPermissions
      const access = yield* Access.make({
        ...permissions,
        delete: (_, id) =>
          Effect.succeed({ object: "checkpoint.permission", id: Identifiers.PermissionId.make(id), deleted: true })
      })
      const { alreadyGranted } = yield* access.grant(checkpoint, named(["a"]))
      assert.deepStrictEqual([...alreadyGranted], named(["a"]))
    }),
    { seed: { [checkpoint]: named(["a", "a"]) } }
  ))

describe("grant and revoke are spans", () => {
  it.effect("with the checkpoint and the counts of the report, and contain those of the requests", () =>
    Effect.gen(function* () {
      const { spans, tracer } = tracing()
      const program = Effect.gen(function* () {
        yield* Access.grant(checkpoint, ["proj_had", "proj_a", "proj_b", "proj_owner"])
        yield* Access.revoke(checkpoint, ["proj_a", "proj_none", "proj_owner"])
        yield* Effect.flip(Access.revoke("", ["proj_a"]))
      })
      yield* Effect.withTracer(program, tracer)
      const outer = spans.filter(({ name }) => name.startsWith("Access."))
      assert.deepStrictEqual(
        outer.map(({ attributes, name }) => ({ name, ...Object.fromEntries(attributes) })),
        [
          {
            name: "Access.grant",
            checkpoint,
            projects: 4,
            granted: 2,
            already_granted: 1,
            not_listed_yet: 0,
            owner_projects: 1,
            may_be_duplicated: 0
          },
          { name: "Access.revoke", checkpoint, projects: 3, revoked: 1, absent: 1, owner_projects: 1 },
          { name: "Access.revoke" }
        ]
      )
      assert.deepStrictEqual(
        outer.map(({ status }) => status._tag === "Ended" && status.exit._tag),
        ["Success", "Success", "Failure"]
      )
      const requests = spans.filter(({ name }) => name.startsWith("CheckpointPermissions."))
      const parents = new Set(requests.map(({ parent }) => Option.getOrUndefined(parent)?.spanId))
      assert.deepStrictEqual(parents, new Set(outer.slice(0, 2).map(({ spanId }) => spanId)))
    }).pipe(
      Effect.provide(Access.layer),
      Effect.provide(
        onFake({ seed: { [checkpoint]: ["proj_had"] }, behavior: { owners: { [checkpoint]: "proj_owner" } } })
      )
    )
  )
})
