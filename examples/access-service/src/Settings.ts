/** The settings of production, from the environment. */
import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { FetchHttpClient } from "@effect/platform"
import { Config, Effect, Layer, Logger, LogLevel } from "effect"

/** The time for one attempt. It is shorter than the deadline, so that an attempt can be repeated within it. */
const timeout = "8 seconds"
export const deadline = "20 seconds"

/** Requests a minute of each operation. `RATE=0` is a `ConfigError`. */
const rate = Config.integer("RATE").pipe(
  Config.validate({ message: "pass the requests of a minute, 1 or more", validation: (requests) => requests >= 1 }),
  Config.withDefault(7)
)

/** The admin key is in `OPENAI_ADMIN_KEY`. */
export const OpenAI = Layer.unwrapEffect(
  Effect.map(rate, (requests) =>
    CheckpointPermissions.layerConfig({ timeout, pacing: Pacing.fixed({ requests, per: "1 minute" }) })
  )
).pipe(Layer.provide(FetchHttpClient.layer))

/** Warnings report long waits. `LOG_LEVEL=Debug` adds each retry. */
export const LogSettings = Layer.unwrapEffect(
  Effect.map(Config.logLevel("LOG_LEVEL").pipe(Config.withDefault(LogLevel.Info)), Logger.minimumLogLevel)
)
