/** Grants and revokes, whatever becomes of replies, and however many fibers there are. */
import {
  Access,
  CheckpointPermissions,
  FakePermissions,
  Faults,
  Pacing,
  PermissionsError,
  RetryPolicy,
  type ServerBehavior,
  VirtualClock
} from "@checkpoint-permissions/effect4"
import { Effect, Layer, Redacted, References, Schedule, Stream } from "effect"
import type { HttpClient } from "effect/http"
import * as fc from "fast-check"
import { assert, describe, test } from "vitest"
import { it } from "./support/it.ts"
import { checkpoint, onFake } from "./support/setup.ts"

const named = (names: ReadonlyArray<string>) => names.map((name) => `proj_${name}`)

/** As a server that is down for a while is outlived. */
const patient = RetryPolicy.make({ schedule: Schedule.upTo(Schedule.spaced("1 second"), { times: 9 }), cap: "1 hour" })

const run = <A, E>(
  self: Effect.Effect<
    A,
    E,
    FakePermissions.FakePermissions | CheckpointPermissions.CheckpointPermissions | HttpClient.HttpClient
  >,
  fake: FakePermissions.Options,
  options: VirtualClock.Options = {}
) =>
  self.pipe(
    Effect.provide(onFake(fake, { retry: patient, timeout: "10 seconds" })),
    Effect.provideService(References.MinimumLogLevel, "None"),
    (effect) => VirtualClock.run(effect, options),
    Effect.runPromise
  )
const service = CheckpointPermissions.layer({
  adminKey: Redacted.make("sk-admin-test"),
  pacing: Pacing.none,
  retry: patient
})

const settings = fc.record({
  regrant: fc.constantFrom("existing", "second", "conflict", "bad-request"),
  partialCreate: fc.constantFrom("nothing", "others"),
  deleteGone: fc.constantFrom("not-found", "deleted-false", "deleted-true"),
  shortPages: fc.constantFrom("never", "every-other", "filter-after-limit")
}) satisfies fc.Arbitrary<ServerBehavior.Settings>
const letters = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"), { minLength: 1 })
const faults = fc.integer().map((seed) => Faults.random({ seed, probability: 0.3 }))

describe("what a call fails with", () => {
  const refusal = (operation: "list" | "create" | "delete") =>
    new PermissionsError.PermissionDeniedError({ operation, mayHaveExecuted: false, status: 403 })

  const projects = named(["had", "a"])
  for (const [operation, name, perform] of [
    ["list", "grant", Effect.asVoid(Access.grant(checkpoint, projects))],
    ["create", "grant", Effect.asVoid(Access.grant(checkpoint, projects))],
    ["list", "revoke", Effect.asVoid(Access.revoke(checkpoint, projects))],
    ["delete", "revoke", Effect.asVoid(Access.revoke(checkpoint, projects))]
  ] as const) {
    it.effect(`is the very error that ${name} fails with: ${operation}`, () =>
      Effect.gen(function* () {
        const service = yield* CheckpointPermissions.CheckpointPermissions
        const error = refusal(operation)
        const failing = {
          ...service,
          ...(operation === "list" ? { pages: () => Stream.fail(error) } : { [operation]: () => Effect.fail(error) })
        }
        const failed = yield* perform.pipe(
          Effect.provideService(CheckpointPermissions.CheckpointPermissions, failing),
          Effect.flip
        )
        assert.strictEqual(failed, error)
      }).pipe(Effect.provide(onFake({ seed: { [checkpoint]: ["proj_had"] } })))
    )
  }
})

describe("whatever goes wrong that can be survived", () => {
  test("each project of a grant has one permission, and each of a revoke none", () =>
    fc.assert(
      fc.asyncProperty(letters, letters, letters, settings, faults, (had, wanted, unwanted, behavior, plan) =>
        run(
          Effect.gen(function* () {
            const fake = yield* FakePermissions.FakePermissions
            const granted = yield* Access.grant(checkpoint, named(wanted))
            const after = yield* fake.projects(checkpoint)
            for (const project of named(wanted)) {
              assert.strictEqual(after.filter((one) => one === project).length, 1, `${project} in ${after}`)
            }
            assert.sameMembers([...granted.granted, ...granted.alreadyGranted], named(wanted))
            const revoked = yield* Access.revoke(checkpoint, named(unwanted))
            const left = yield* fake.projects(checkpoint)
            assert.isEmpty(named(unwanted).filter((project) => left.includes(project)))
            assert.sameMembers([...revoked.revoked, ...revoked.absent], named(unwanted))
          }),
          { seed: { [checkpoint]: named(had) }, behavior, faults: plan }
        )
      ),
      { numRuns: 60 }
    ))
})

describe("fibers of one service take turns", () => {
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
})

describe("services that do not know of each other", () => {
  test("leave one permission of a project", async () => {
    for (let seed = 1; seed <= 15; seed++) {
      // a service of its own for each, on the same server
      const grant = Effect.provide(Access.grant(checkpoint, named(["a", "b"])), Layer.fresh(service))
      await run(
        Effect.gen(function* () {
          const fake = yield* FakePermissions.FakePermissions
          yield* Effect.all([grant, grant, grant], { concurrency: "unbounded" })
          assert.sameMembers([...(yield* fake.projects(checkpoint))], named(["a", "b"]), `seed ${seed}`)
        }),
        { behavior: { regrant: "second", latency: { min: 0, max: "50 millis" } }, randomSeed: seed },
        { seed }
      )
    }
  })
})
