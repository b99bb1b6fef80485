import { CheckpointPermissions } from "@checkpoint-permissions/client"
import { PermissionsError } from "@checkpoint-permissions/core"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigProvider, Effect, Layer, Redacted, Stream } from "effect"
import { scopedWith, scoped as test } from "../../core/test/effects.ts"
import { checkpoint, key, onFake, permissions, server } from "./support/setup.ts"

/** The service without its types. */
type Loose = Record<
  "list" | "stream" | "create" | "delete",
  (...args: ReadonlyArray<unknown>) => Effect.Effect<unknown, unknown> | Stream.Stream<unknown, unknown>
>

describe("from JavaScript", () => {
  it.effect.each([
    ["apiURL", { apiURL: "https://example.com/v1" }],
    ["adminKey", { adminKey: key }],
    ["pacing", { pacing: "adaptive" }]
  ] as const)("an invalid %s is refused when the service is made", ([field, options]) =>
    Effect.gen(function* () {
      const all: object = { adminKey: Redacted.make(key), ...options }
      const layer = CheckpointPermissions.layer(all as CheckpointPermissions.Options)
      const error = yield* Effect.flip(Effect.provide(permissions, layer))
      assert.instanceOf(error, PermissionsError.InvalidInputError)
      assert.deepInclude({ ...error }, { operation: "make", field })
      assert.notInclude(error.message, key)
    }).pipe(Effect.provide(FakePermissions.layer()))
  )

  const throwing = {
    get limit(): number {
      throw new Error("a getter that throws")
    }
  }
  const wrong: ReadonlyArray<readonly [field: string, name: keyof Loose, args: ReadonlyArray<unknown>]> = [
    ...(["list", "stream", "create", "delete"] as const).flatMap((name) =>
      [undefined, {}, Symbol("ft:a")].map((odd) => ["checkpoint", name, [odd, ["proj_a"]]] as const)
    ),
    ["projectIds", "create", [checkpoint, new Set(["proj_a"])]],
    ["permissionId", "delete", [checkpoint, undefined]],
    ["params", "stream", [checkpoint, null]],
    ["limit", "list", [checkpoint, throwing]]
  ]
  it.effect.each(wrong)("an invalid %s of %s is an error, and no request is sent", ([field, name, args]) =>
    Effect.gen(function* () {
      const service = (yield* permissions) as unknown as Loose
      const call = service[name](...args)
      const error = yield* Effect.flip(Effect.isEffect(call) ? call : Stream.runDrain(call))
      assert.instanceOf(error, PermissionsError.InvalidInputError)
      assert.strictEqual(error.field, field)
      assert.deepStrictEqual(yield* (yield* server).requests, [])
    }).pipe(Effect.provide(onFake()))
  )
})

scopedWith("an unknown name of withOptions is refused, and nothing is run", onFake(), function* () {
  const { list, stream } = yield* permissions
  const misspelt = JSON.parse('{ "timeLimit": 1000 }')
  const error = yield* Effect.flip(CheckpointPermissions.withOptions(list(checkpoint), misspelt))
  assert.include(String(error), "invalid timeLimit: unknown name: ")
  const streamed = CheckpointPermissions.withOptions(stream(checkpoint), misspelt)
  assert.deepInclude(yield* Effect.flip(Stream.runDrain(streamed)), { _tag: "InvalidInputError", field: "timeLimit" })
  assert.deepStrictEqual(yield* (yield* server).requests, [])
})

test("names each of several variables for the key, and says what to do", function* () {
  const adminKey = Config.orElse(Config.redacted("MINE"), () => Config.redacted("YOURS"))
  const error = yield* CheckpointPermissions.server.pipe(
    Effect.provide(CheckpointPermissions.layerConfig({ adminKey }).pipe(Layer.provide(FakePermissions.layer()))),
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map())),
    Effect.flip
  )
  assert.include(String(error), "MINE is not set")
  assert.include(String(error), "YOURS is not set")
})
