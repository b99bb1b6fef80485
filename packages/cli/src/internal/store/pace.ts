/** The pace that all processes of a store keep together. */
import type * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type * as Pacing from "@checkpoint-permissions/client/Pacing"
import * as SharedPacing from "@checkpoint-permissions/client/SharedPacing"
import * as SqlRateLimiter from "@checkpoint-permissions/cluster/SqlRateLimiter"
import * as RateLimiter from "@effect/experimental/RateLimiter"
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { givenRate } from "../server/server.ts"
import type { Rate } from "../terminal/time.ts"

/** What an organization may send, by what is known. */
const tenAMinute: Rate = { requests: 10, per: Duration.minutes(1) }

const inRedis = (url: Redacted.Redacted) =>
  Layer.unwrapEffect(
    Effect.map(
      Effect.promise(() => import("@checkpoint-permissions/cluster/RedisRateLimiter")),
      ({ layerStore }) => layerStore({ url })
    )
  )

export interface Options {
  readonly rate: Option.Option<Rate>
  readonly redis?: Option.Option<Redacted.Redacted> | undefined
}

/**
 * Makes the pace of a server and an organization, whose quota it is: in Redis if there is one, otherwise in the
 * database. A file has none: its one worker keeps a pace of its own.
 */
export const make = ({ rate, redis = Option.none() }: Options, database?: Context.Context<SqlClient.SqlClient>) =>
  Effect.gen(function* () {
    const given = yield* givenRate(rate)
    const inDatabase = database && Layer.provide(SqlRateLimiter.layerStore(), Layer.succeedContext(database))
    const store = Option.isSome(redis) ? inRedis(redis.value) : inDatabase
    if (store === undefined) return undefined
    const limiter = Context.get(yield* Layer.build(Layer.provide(RateLimiter.layer, store)), RateLimiter.RateLimiter)
    return (server: CheckpointPermissions.Server): Pacing.Pacing =>
      SharedPacing.shared(limiter, {
        ...Option.getOrElse(given, () => tenAMinute),
        key: `${server.apiUrl} ${server.organization ?? ""}`,
        onStoreFailure: "wait"
      })
  })
