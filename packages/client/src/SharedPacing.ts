/**
 * One pace for several machines, kept by the `RateLimiter` of
 * `@effect/experimental`: in Redis, or in the memory of one process.
 *
 * A module of its own, since `@effect/experimental` is an optional peer: nothing
 * else here needs it.
 *
 * @since 0.1.0
 */
import type * as RateLimiter from "@effect/experimental/RateLimiter"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as internalFixed from "./internal/paceFixed.ts"
import * as internalQueue from "./internal/paceQueue.ts"
import * as Pacing from "./Pacing.ts"

/**
 * The rate that all of them keep together.
 *
 * @category models
 * @since 0.1.0
 */
export interface SharedOptions extends Pacing.FixedOptions {
  /**
   * What the limiter counts under: the same on all machines that use one key of
   * the API. The operation is added to it, since the server counts each apart.
   * Default: `"checkpoint-permissions"`.
   */
  readonly key?: string | undefined
}

/** A store that takes longer is as good as none. */
const patience = "5 seconds"

/**
 * Paces requests by a limiter that machines share, at a rate that is told.
 *
 * Requests of one service go first come first served; between machines nobody is
 * first. Who is interrupted while waiting has taken nothing. With `burst` the
 * limiter counts by `token-bucket`, without by `fixed-window`.
 *
 * If the store of the limiter fails or does not answer within 5 seconds, the pace
 * goes on as {@link Pacing.fixed} with the same options, each machine for itself,
 * and says so in the log at debug level. The next request asks the store again.
 *
 * @example
 * ```ts
 * import * as SharedPacing from "@checkpoint-permissions/client/SharedPacing"
 * import * as RateLimiter from "@effect/experimental/RateLimiter"
 * import { Effect } from "effect"
 *
 * // with the store of `@effect/experimental/RateLimiter/Redis`, between machines
 * const options = Effect.gen(function* () {
 *   const limiter = yield* RateLimiter.RateLimiter
 *   return { pacing: SharedPacing.shared(limiter, { requests: 10, per: "1 minute" }) }
 * })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const shared = (limiter: RateLimiter.RateLimiter, options: SharedOptions): Pacing.Pacing => {
  const local = Pacing.fixed(options)
  if (local.problem !== undefined) return local
  const { burst, key = "checkpoint-permissions", requests } = options
  const per = Duration.toMillis(options.per)
  // the limiter knows one number for both: what can be saved up, and what comes back in a window
  const limit = Math.floor(burst ?? requests)
  const window = Duration.millis((per * limit) / requests)
  const algorithm = burst === undefined ? "fixed-window" : "token-bucket"
  // by tokens the limiter answers with a whole interval, however much of it is over
  const longest = burst === undefined ? per : per / requests / 8

  const make = (key: string): Effect.Effect<Pacing.Pace> =>
    Effect.flatMap(local.make, (fallback) => {
      const alone = (why: string): Effect.Effect<number> =>
        Effect.zipRight(
          Effect.logDebug(`The shared pace cannot be asked (${why}): this process keeps the rate for itself`),
          Effect.as(fallback.take, 0)
        )
      const ask = limiter.consume({ algorithm, onExceeded: "fail", window, limit, key }).pipe(
        Effect.as(0),
        Effect.timeoutFail({ duration: patience, onTimeout: () => "no answer" }),
        Effect.catchAll((error) => {
          if (typeof error === "string") return alone(error)
          if (error.reason === "StoreError") return alone(error.message)
          return Effect.succeed(Math.ceil(Math.max(1, Math.min(longest, Duration.toMillis(error.retryAfter)))))
        })
      )
      return Effect.map(internalQueue.make(internalFixed.pauses({ requests, per }), ask), (pace) => ({
        ...pace,
        report: (outcome: Pacing.Outcome) => Effect.zipRight(fallback.report(outcome), pace.report(outcome))
      }))
    })

  return { make: make(key), makeFor: (operation) => make(`${key}/${operation}`) }
}
