/** The pace that all processes of a store keep together. */
import type * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type * as Pacing from "@checkpoint-permissions/client/Pacing"
import * as SharedPacing from "@checkpoint-permissions/client/SharedPacing"
import * as SqlRateLimiter from "@checkpoint-permissions/cluster/SqlRateLimiter"
import * as RateLimiter from "@effect/experimental/RateLimiter"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { givenRate } from "../server/options.ts"
import type { Rate } from "../terminal/time.ts"

/** What an organization may send, by what is known. */
const tenAMinute: Rate = { requests: 10, per: Duration.minutes(1) }

/** Kept in the database that it is provided with. */
const inDatabase = RateLimiter.layer.pipe(Layer.provide(SqlRateLimiter.layerStore()))

const inRedis = (url: Redacted.Redacted) =>
  Layer.unwrapEffect(
    Effect.map(
      Effect.promise(() => import("@checkpoint-permissions/cluster/RedisRateLimiter")),
      ({ layerStore }) => RateLimiter.layer.pipe(Layer.provide(layerStore({ url })))
    )
  )

/** Makes the pace of a server and an organization, whose quota it is. */
const pacingOver = <E, R>(limiter: Layer.Layer<RateLimiter.RateLimiter, E, R>, rate: Option.Option<Rate>) =>
  Effect.gen(function* () {
    const shared = yield* Effect.provide(RateLimiter.RateLimiter, yield* Layer.build(limiter))
    return (server: CheckpointPermissions.Server): Pacing.Pacing =>
      SharedPacing.shared(shared, {
        ...Option.getOrElse(rate, () => tenAMinute),
        key: `${server.apiUrl} ${server.organization ?? ""}`,
        onStoreFailure: "wait"
      })
  })

export interface Options {
  readonly rate: Option.Option<Rate>
  readonly redis?: Option.Option<Redacted.Redacted> | undefined
}

/** In Redis if there is one, otherwise in the database. */
export const ofDatabase = ({ rate, redis = Option.none() }: Options) =>
  Effect.flatMap(givenRate(rate), (rate) =>
    Option.isSome(redis) ? pacingOver(inRedis(redis.value), rate) : pacingOver(inDatabase, rate)
  )

/** A file has one worker, which keeps a pace of its own if there is no Redis. */
export const ofFile = ({ rate, redis = Option.none() }: Options) =>
  Effect.flatMap(givenRate(rate), (rate) => Effect.transposeMapOption(redis, (url) => pacingOver(inRedis(url), rate)))
