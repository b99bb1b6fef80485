/**
 * The store of `RateLimiter` in Redis, so that workers keep one pace with other programs that share the quota.
 *
 * A module of its own, since `ioredis` is an optional peer: nothing else here needs it.
 *
 * @since 0.1.0
 */
import * as RateLimiter from "@effect/experimental/RateLimiter"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import { Redis } from "ioredis"
import * as redis from "./internal/pace/redis.ts"
import * as store from "./internal/pace/store.ts"

/**
 * Where the turns are kept.
 *
 * @category models
 */
export interface Options {
  /** Such as `redis://127.0.0.1:6379`, or `rediss://` for TLS. Redacted, since it may hold a password. */
  readonly url: Redacted.Redacted
  /** What the keys begin with. Default: `"checkpoint-permissions:"`. */
  readonly prefix?: string | undefined
}

/** How long the start waits for a first connection. Without one, there are no turns until there is. */
const connectTimeout = Duration.seconds(4)

/** A connection that is lost is made again after this at most: milliseconds. */
const longestReconnectDelay = 1000

/**
 * Makes a store that gives one turn in `window / limit`: one in 6 seconds where ten a minute are asked for, never ten
 * at once, with either algorithm.
 *
 * - The time is that of Redis. A clock that is put back delays one turn.
 * - It never fails. While Redis cannot be reached, or does not answer within 4
 *   seconds, there are no turns; when it is back, which may mean that it has
 *   forgotten the last ones, there are none for one `window`. Both are logged as
 *   warnings, once. A connection that is lost counts, also while nobody waits.
 * - A turn is not reserved: who is interrupted while waiting has taken nothing.
 *   There is no order between machines.
 *
 * The store of `@effect/experimental/RateLimiter/Redis` lets a whole `limit` go at once, and its connection writes
 * errors to stderr.
 *
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<RateLimiter.RateLimiterStore["Type"], never, Scope.Scope> =>
  Effect.gen(function* () {
    const runtime = yield* Effect.runtime()
    const connection = yield* Effect.acquireRelease(
      Effect.sync(
        () =>
          new Redis(Redacted.value(options.url), {
            connectionName: "checkpoint-permissions",
            lazyConnect: true,
            connectTimeout: Duration.toMillis(connectTimeout),
            retryStrategy: (times) => Math.min(longestReconnectDelay, 50 * 2 ** Math.min(times, 10)),
            // what cannot be sent now, or was not answered, fails at once
            enableOfflineQueue: false,
            autoResendUnfulfilledCommands: false,
            maxRetriesPerRequest: 0
          })
      ),
      (connection) => Effect.sync(() => connection.disconnect())
    )
    const pace = store.make(
      "The Redis of the shared pace",
      redis.make(connection, options.prefix ?? "checkpoint-permissions:")
    )
    let reason = "connection closed"
    connection.on("error", (error) => {
      reason = error.message
    })
    connection.on("close", () => Runtime.runFork(runtime)(pace.lost(reason)))
    yield* Effect.addFinalizer(() => Effect.sync(() => connection.removeAllListeners("close")))
    yield* Effect.tryPromise(() => connection.connect()).pipe(
      Effect.timeout(connectTimeout),
      // said by `lost`
      Effect.ignore
    )
    return pace.store
  })

/**
 * The store as a layer, for `RateLimiter.layer`. See {@link make} for what it promises.
 *
 * @example
 * ```ts
 * import * as RedisRateLimiter from "@checkpoint-permissions/cluster/RedisRateLimiter"
 * import * as RateLimiter from "@effect/experimental/RateLimiter"
 * import { Layer, Redacted } from "effect"
 *
 * const Limiter = RateLimiter.layer.pipe(
 *   Layer.provide(RedisRateLimiter.layerStore({ url: Redacted.make("redis://127.0.0.1:6379") }))
 * )
 * ```
 *
 * @category layers
 */
export const layerStore = (options: Options): Layer.Layer<RateLimiter.RateLimiterStore> =>
  Layer.scoped(RateLimiter.RateLimiterStore, make(options))
