/** A worker that keeps the shared pace: so many lists, one after the other. Run as a program, it reads what to do from `PACE_WORKER`. */
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import * as SharedPacing from "@checkpoint-permissions/client/SharedPacing"
import * as RateLimiter from "@effect/experimental/RateLimiter"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as LibsqlClient from "@effect/sql-libsql/LibsqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import { Duration, Effect, Layer, Logger, Redacted } from "effect"
import * as RedisRateLimiter from "../../src/RedisRateLimiter.ts"
import * as SqlRateLimiter from "../../src/SqlRateLimiter.ts"

export interface Work {
  /** `postgres:`, `file:` or `redis:`. */
  readonly store: string
  readonly baseUrl: string
  readonly requests: number
  readonly rate: { readonly requests: number; readonly perMillis: number }
}

export const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:pace:B7R9VjQd"

const storeOf = (url: string) => {
  if (url.startsWith("redis:")) return RedisRateLimiter.layerStore({ url: Redacted.make(url) })
  const client = url.startsWith("file:")
    ? LibsqlClient.layer({ url, intMode: "bigint" })
    : PgClient.layer({ url: Redacted.make(url) })
  return SqlRateLimiter.layerStore().pipe(Layer.provide(client))
}

/** Fails when a list does. `onAnswer` is given what the limiter answers: 0 for a turn, or milliseconds to wait. */
export const work = ({ baseUrl, rate, requests, store }: Work, onAnswer: (millis: number) => void = () => {}) =>
  Effect.gen(function* () {
    const { consume, ...rest } = yield* RateLimiter.RateLimiter
    const limiter: RateLimiter.RateLimiter = {
      ...rest,
      consume: (options) =>
        Effect.tapBoth(consume(options), {
          onSuccess: () => Effect.sync(() => onAnswer(0)),
          onFailure: (error) =>
            Effect.sync(() => {
              if (error.reason === "Exceeded") onAnswer(Duration.toMillis(error.retryAfter))
            })
        })
    }
    const permissions = yield* CheckpointPermissions.make({
      adminKey: Redacted.make("sk-admin-pace"),
      apiUrl: baseUrl,
      pacing: SharedPacing.shared(limiter, {
        requests: rate.requests,
        per: rate.perMillis,
        onStoreFailure: "wait"
      })
    })
    yield* Effect.replicateEffect(permissions.list(checkpoint), requests, { discard: true })
  }).pipe(
    Effect.provide(RateLimiter.layer.pipe(Layer.provide(storeOf(store)))),
    Effect.provide(NodeHttpClient.layerUndici)
  )

const given = process.env["PACE_WORKER"]
if (given !== undefined)
  NodeRuntime.runMain(Effect.provide(work(JSON.parse(given)), Logger.remove(Logger.defaultLogger)))
