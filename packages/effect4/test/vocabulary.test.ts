/** Identifiers, schemas, errors and options. */
import {
  CheckpointPermissions,
  FakePermissions,
  Faults,
  Identifiers,
  Pacing,
  Permission,
  PermissionsError,
  VirtualClock
} from "@checkpoint-permissions/effect4"
import { DateTime, Duration, Effect, Redacted, Result, Schema } from "effect"
import { HttpClient } from "effect/http"
import { assert, describe, expectTypeOf, test } from "vitest"
import { it } from "./support/it.ts"
import { checkpoint, key, onFake } from "./support/setup.ts"

const item = { id: "cp_1", object: "checkpoint.permission", created_at: 1_721_764_867, project_id: "proj_a" }

describe("schemas", () => {
  const refused = (schema: Schema.ConstraintCodec<unknown, unknown>, value: unknown) =>
    Result.match(Schema.decodeUnknownResult(schema)(value), { onFailure: String, onSuccess: () => "accepted" })

  test("refuse ids of another kind, with the right kind", () => {
    assert.include(refused(Identifiers.CheckpointId, "ftckpt_abc"), "pass the model name ft:…")
    assert.include(refused(Identifiers.ProjectId, ".."), "would address another path")
    assert.strictEqual(refused(Identifiers.PermissionId, "cp_1"), "accepted")
    assert.notInclude(refused(Identifiers.CheckpointId, key), key)
  })

  test("the parameters of a list are one type", () => {
    expectTypeOf<Permission.ListParams>().toEqualTypeOf<CheckpointPermissions.ListParams>()
    expectTypeOf<typeof Permission.ListParams.Type>().toEqualTypeOf<Permission.ListParams>()
    expectTypeOf<Permission.ListParams["project_id"]>().toEqualTypeOf<string | undefined>()
  })

  test("decode a permission, and have its fields", () => {
    const permission = Schema.decodeUnknownSync(Permission.Permission)(item)
    assert.strictEqual(DateTime.formatIso(Permission.createdAt(permission)), "2024-07-23T20:01:07.000Z")
    assert.include(refused(Permission.Permission, { ...item, created_at: 1e300 }), "created_at")
    assert.include(refused(Permission.ListParams, { limit: 0 }), "pass a positive whole number")
    assert.include(refused(Permission.CreatePayload, { project_ids: [] }), "project_ids")
    const kept = Schema.StructWithRest(Permission.Permission, [Schema.Record(Schema.String, Schema.Unknown)])
    assert.deepStrictEqual(Schema.decodeUnknownSync(kept)({ ...item, new: 1 }), { ...permission, new: 1 })
  })
})

it.effect("errors are caught by their tags, and yielded as they are", () =>
  Effect.gen(function* () {
    return yield* new PermissionsError.RateLimitError({ operation: "list", retryAfter: Duration.seconds(61) })
  }).pipe(
    Effect.catchTags({ RateLimitError: (error) => Effect.succeed(error.retryAfter) }),
    Effect.map((wait) => assert.deepStrictEqual(wait, Duration.seconds(61)))
  )
)

it.effect("options are refused by their names", () =>
  Effect.gen(function* () {
    for (const wrong of [
      { adminKey: key },
      { retry: {} },
      { pacing: {} },
      { timeout: "soon" },
      { timeout: null },
      { baseUrl: "https://example.com" }
    ]) {
      const [field] = Object.keys(wrong)
      const options: object = wrong
      const { adminKey, ...others } = { adminKey: Redacted.make(key), ...options }
      const error = yield* Effect.flip(CheckpointPermissions.make({ adminKey, ...others }))
      assert.strictEqual(error.field, field)
      if (field === "baseUrl") assert.include(error.message, "did you mean apiUrl?")
      if (field === "pacing") assert.include(error.message, "an object with make(operation)")
    }
  }).pipe(
    Effect.provideService(
      HttpClient.HttpClient,
      HttpClient.make(() => Effect.die("no request is to be sent"))
    )
  )
)

test("options of a fault with an unknown name are refused, also if they are durations", () => {
  for (const make of [Faults.latency, Faults.endless]) {
    assert.throws(() => Reflect.apply(make, undefined, [{ afer: 1 }]), "afer: no such setting")
  }
})

test("a fixed rate with invalid options throws where it is written, with the reason of refuseFixed", () => {
  const options = { requests: 1, per: "0 seconds" } as const
  const reason = 'per is not a positive duration: pass the period of the requests, such as "1 minute"'
  assert.strictEqual(Pacing.refuseFixed(options), reason)
  assert.throws(() => Pacing.fixed(options), RangeError, reason)
  assert.isUndefined(Pacing.refuseFixed({ requests: 1, per: "1 minute" }))
})

describe("VirtualClock", () => {
  test("does not wait, and keeps the order of those that wake at one time", async () => {
    const order: Array<string> = []
    const sleeper = (name: string, time: Duration.Input) =>
      Effect.andThen(
        Effect.sleep(time),
        Effect.sync(() => void order.push(name))
      )
    const program = Effect.gen(function* () {
      yield* Effect.all([sleeper("c", "2 hours"), sleeper("a", "1 hour"), sleeper("b", "1 hour")], {
        concurrency: "unbounded"
      })
      return yield* DateTime.now
    })
    const now = await Effect.runPromise(VirtualClock.run(program, { startAt: 1000 }))
    assert.deepStrictEqual(order, ["a", "b", "c"])
    assert.strictEqual(DateTime.toEpochMillis(now), 7_201_000)
  })

  test("runs no late work of a fake whose layer has ended", async () => {
    const program = Effect.gen(function* () {
      const fake = yield* Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        yield* fake.inject(Faults.lateWork("1 hour", "drop"))
        yield* Effect.flip(CheckpointPermissions.create(checkpoint, ["proj_a"]))
        return fake
      }).pipe(Effect.provide(onFake()))
      yield* Effect.sleep("2 hours")
      return yield* fake.projects(checkpoint)
    })
    assert.deepStrictEqual(await Effect.runPromise(VirtualClock.run(program)), [])
  })

  test("finds an order in which a race is lost", async () => {
    const program = Effect.gen(function* () {
      let box: string | undefined
      const put = (thing: string) =>
        Effect.gen(function* () {
          const found = yield* Effect.sync(() => box)
          if (found === undefined) yield* Effect.sync(() => (box = thing))
          return yield* Effect.sync(() => box)
        })
      const [a, b] = yield* Effect.all([put("a"), put("b")], { concurrency: 2 })
      return a === b
    })
    const outcomes = new Set<boolean>()
    for (let seed = 0; seed < 200; seed++) {
      const first = await Effect.runPromise(VirtualClock.run(program, { seed, yieldChance: 0.02 }))
      assert.strictEqual(await Effect.runPromise(VirtualClock.run(program, { seed, yieldChance: 0.02 })), first)
      outcomes.add(first)
    }
    assert.deepStrictEqual([...outcomes].sort(), [false, true])
  })

  test("stops during real I/O, and works as a layer", async () => {
    const program = Effect.gen(function* () {
      const before = yield* DateTime.now
      yield* VirtualClock.pause(Effect.promise(() => new Promise((resolve) => setImmediate(resolve))))
      const after = yield* DateTime.now
      return DateTime.toEpochMillis(after) - DateTime.toEpochMillis(before)
    })
    const beside = Effect.andThen(Effect.forkChild(Effect.sleep("1 hour")), program)
    assert.strictEqual(await Effect.runPromise(Effect.provide(beside, VirtualClock.layer())), 0)
  })
})
