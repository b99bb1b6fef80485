import { CheckpointPermissions } from "@checkpoint-permissions/client"
import { Identifiers } from "@checkpoint-permissions/core"
import { FakePermissions, Faults, VirtualClock } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, FastCheck, Layer, Redacted } from "effect"
import { rollOut } from "../src/ModelRollout.ts"

const from = Identifiers.CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
const to = Identifiers.CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:C2S8WkRe")

/** The client on a server with these settings, and the controls of that server. A layer per test is a server per test. */
const server = (options: FakePermissions.Options) =>
  CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test") }).pipe(
    Layer.provideMerge(FakePermissions.layer(options))
  )

describe("rollOut", () => {
  it.effect("moves every project to the new model", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions

      const { granted, projects } = yield* rollOut(from, to)

      assert.sameMembers([...projects], ["proj_a", "proj_b"])
      assert.deepStrictEqual([...granted], ["proj_a"])
      assert.deepStrictEqual(yield* fake.projects(from), [])
      assert.sameMembers([...(yield* fake.projects(to))], ["proj_a", "proj_b"])
    }).pipe(Effect.provide(server({ seed: { [from]: ["proj_a", "proj_b"], [to]: ["proj_b"] } })))
  )

  it.effect("asks for nothing else where nobody uses the old model", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions

      yield* rollOut(from, to)

      const requests = yield* fake.requests
      assert.deepStrictEqual(
        requests.map(({ operation }) => operation),
        ["list"]
      )
    }).pipe(Effect.provide(server({})))
  )

  it.effect("grants once, though the reply to the grant is lost", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      yield* fake.inject(Faults.dropAfter(), { operation: "create" })

      yield* rollOut(from, to)

      assert.deepStrictEqual(yield* fake.projects(to), ["proj_a"])
      assert.deepStrictEqual(yield* fake.projects(from), [])
      // A second create would have made a second permission here.
    }).pipe(Effect.provide(server({ seed: { [from]: ["proj_a"] }, behavior: { regrant: "second" } })), VirtualClock.run)
  )

  it.effect("leaves the old model alone when the new one cannot be granted", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      yield* fake.inject(Faults.error(403, { message: "This model is not to be shared." }), { operation: "create" })

      const error = yield* Effect.flip(rollOut(from, to))

      assert.strictEqual(error._tag, "PermissionDeniedError")
      assert.deepStrictEqual(yield* fake.projects(from), ["proj_a"])
    }).pipe(Effect.provide(server({ seed: { [from]: ["proj_a"] } })))
  )

  it.effect("leaves the old model alone until the server lists the grants", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions

      const error = yield* Effect.flip(rollOut(from, to))

      assert.strictEqual(error._tag, "NotConfirmed")
      assert.deepStrictEqual(yield* fake.projects(from), ["proj_a"])
    }).pipe(
      Effect.provide(server({ seed: { [from]: ["proj_a"] }, behavior: { listingLag: "1 hour" } })),
      VirtualClock.run
    )
  )

  it.effect("outlasts a quota of ten calls a minute", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions

      const { granted } = yield* rollOut(from, to)

      assert.lengthOf(granted, 40)
      assert.lengthOf(yield* fake.projects(from), 0)
      // Forty deletes at ten a minute, in virtual time.
      assert.isAbove(Duration.toMinutes(yield* Clock.currentTimeMillis), 3)
    }).pipe(
      Effect.provide(
        server({
          seed: { [from]: Array.from({ length: 40 }, (_, index) => `proj_${index}`) },
          behavior: { rate: { requests: 10, per: "1 minute" } }
        })
      ),
      VirtualClock.run
    )
  )

  it.effect.prop(
    "loses and doubles nothing, whatever goes wrong on the way",
    { seed: FastCheck.integer({ min: 0, max: 1_000_000 }) },
    ({ seed }) =>
      Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions

        yield* rollOut(from, to)

        assert.sameMembers([...(yield* fake.projects(to))], ["proj_a", "proj_b", "proj_c"])
        assert.deepStrictEqual(yield* fake.projects(from), [])
      }).pipe(
        Effect.provide(
          server({
            seed: { [from]: ["proj_a", "proj_b", "proj_c"] },
            behavior: { regrant: "second" },
            faults: Faults.random({ seed, probability: 0.3 })
          })
        ),
        VirtualClock.run
      ),
    { fastCheck: { numRuns: 20, seed: 1 } }
  )
})
