/**
 * The store of `RateLimiter` in a SQL database, so that the workers of all machines keep one pace. For Postgres and
 * SQLite.
 *
 * @since 0.1.0
 */
import * as RateLimiter from "@effect/experimental/RateLimiter"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as sql from "./internal/pace/sql.ts"
import * as store from "./internal/pace/store.ts"

/**
 * Where the turns are kept.
 *
 * @category models
 */
export interface Options {
  /** The table, which is made when it is not there. Default: `"checkpoint_permissions_pace"`. */
  readonly table?: string | undefined
}

/**
 * Makes a store that gives one turn in `window / limit`: one in 6 seconds where ten a minute are asked for, never ten
 * at once, with either algorithm.
 *
 * - The time is the database's. The clocks of the machines do not matter, and a
 *   clock of the database that is put back delays one turn.
 * - It never fails. While the database cannot be reached, or does not answer
 *   within 4 seconds, there are no turns; when it is back, there are none for one
 *   `window`. Both are logged as warnings, once.
 * - A turn is not reserved: who is interrupted while waiting has taken nothing.
 *   There is no order between machines.
 * - A turn is one statement. It must not run inside a transaction of the caller,
 *   which would hold up all others until it ends.
 *
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<RateLimiter.RateLimiterStore["Type"], never, SqlClient.SqlClient> =>
  Effect.map(SqlClient.SqlClient, (client) => {
    const ask = sql.make(client.withoutTransforms(), options.table ?? "checkpoint_permissions_pace")
    return store.make("The database of the shared pace", ask).store
  })

/**
 * The store as a layer, for `RateLimiter.layer`. See {@link make} for what it promises.
 *
 * @example
 * ```ts
 * import * as SharedPacing from "@checkpoint-permissions/client/SharedPacing"
 * import * as SqlRateLimiter from "@checkpoint-permissions/cluster/SqlRateLimiter"
 * import * as RateLimiter from "@effect/experimental/RateLimiter"
 * import { Effect, Layer } from "effect"
 *
 * const Limiter = RateLimiter.layer.pipe(Layer.provide(SqlRateLimiter.layerStore()))
 *
 * const pacing = Effect.map(RateLimiter.RateLimiter, (limiter) =>
 *   SharedPacing.shared(limiter, { requests: 10, per: "1 minute", onStoreFailure: "wait" })
 * ).pipe(Effect.provide(Limiter))
 * ```
 *
 * @category layers
 */
export const layerStore = (
  options: Options = {}
): Layer.Layer<RateLimiter.RateLimiterStore, never, SqlClient.SqlClient> =>
  Layer.effect(RateLimiter.RateLimiterStore, make(options))
