import { CheckpointPermissions } from "@checkpoint-permissions/client"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { assert, it } from "@effect/vitest"
import { Config, ConfigProvider, Effect, Layer } from "effect"

it.effect("names each of several variables for the key, and says what to do", () =>
  Effect.gen(function* () {
    const adminKey = Config.orElse(Config.redacted("MINE"), () => Config.redacted("YOURS"))
    const error = yield* CheckpointPermissions.server.pipe(
      Effect.provide(CheckpointPermissions.layerConfig({ adminKey }).pipe(Layer.provide(FakePermissions.layer()))),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map())),
      Effect.flip
    )
    assert.include(String(error), "MINE is not set")
    assert.include(String(error), "YOURS is not set")
  })
)
