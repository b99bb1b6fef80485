/**
 * One rate limit for several machines, with the `RateLimiter` of `@effect/experimental`: in Redis, or in the memory of
 * one process.
 *
 * This is a separate module, since `@effect/experimental` is an optional peer that nothing else needs.
 */
import "./internal/installEffect3.ts"
import type * as RateLimiter from "@effect/experimental/RateLimiter"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { attemptTimeout } from "./internal/timeouts.ts"
import * as Pacing from "./Pacing.ts"

/** The options of a shared rate limit. */
export interface SharedOptions extends Pacing.FixedOptions {
  /**
   * The key of the limiter. It must be the same on all machines that use one API key. The operation is appended, since
   * the server counts each operation separately. Default: `"checkpoint-permissions"`.
   */
  readonly key?: string | undefined
  /**
   * The behavior while the store of the limiter fails or does not reply within 5 seconds. `"keep-rate"`, the default:
   * each process continues alone at the given rate, as {@link Pacing.fixed} does, so several processes together exceed
   * the rate. `"wait"`: no request is sent until the store replies.
   */
  readonly onStoreFailure?: "keep-rate" | "wait" | undefined
}

const tooLong = (retryAfter: Duration.Duration): Effect.Effect<never, Pacing.PausedTooLong> =>
  Effect.fail({ _tag: "PausedTooLong", retryAfter })

/**
 * Makes a rate limiter with a fixed rate that several machines share.
 *
 * Requests of one service are sent first come, first served. There is no order between machines. A call that is
 * interrupted while it waits consumes no token. With `burst` the limiter uses `token-bucket`, without it
 * `fixed-window`: the store then permits all requests of a window immediately, and those of the next window directly
 * after it.
 *
 * If the store fails or does not reply within 5 seconds, the process continues as {@link Pacing.fixed} with the same
 * options, or waits, according to `onStoreFailure`. It logs this at debug level. The store is used again for the next
 * request, or when the next permit would be due. A 429 pauses only the process that received it.
 *
 * Throws a `RangeError` for invalid options, as {@link Pacing.fixed} does.
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
 */
export const shared = (limiter: RateLimiter.RateLimiter, options: SharedOptions): Pacing.Pacing => {
  const local = Pacing.fixed(options)
  const { burst, key = "checkpoint-permissions", onStoreFailure, requests } = options
  const per = Duration.toMillis(options.per)
  // the limiter has a single number, for the size of the bucket and for the requests of a window
  const limit = Math.floor(burst ?? requests)
  const window = Duration.millis((per * limit) / requests)
  const algorithm = burst === undefined ? "fixed-window" : "token-bucket"
  // a token bucket replies with a whole interval, even if a part of it has passed
  const longestDelay = burst === undefined ? per : per / requests / 8

  /** Requests a token. Returns 0 if it got one, the milliseconds until the next try, or the error of the store. */
  const ask = (key: string): Effect.Effect<number | string> => {
    const asked = Effect.match(limiter.consume({ algorithm, onExceeded: "fail", window, limit, key }), {
      onFailure: (error) =>
        error.reason === "StoreError"
          ? error.message
          : Math.ceil(Math.max(1, Math.min(longestDelay, Duration.toMillis(error.retryAfter)))),
      onSuccess: () => 0
    })
    // a store that takes longer counts as failed
    return attemptTimeout(asked, Duration.seconds(5), () => "no answer")
  }

  const make = (operation: Pacing.Operation): Pacing.OperationLimiter => {
    const own = local.make(operation)
    // the calls that wait: the first requests tokens, so calls get their tokens in order
    const line = new Set<Effect.Latch>()
    let refused = 0
    let pausedUntil = Number.NEGATIVE_INFINITY
    const callNext = () => {
      const [next] = line
      next?.unsafeOpen()
    }

    const withPermit = <A, E>(
      request: (paused?: Duration.Duration) => Effect.Effect<A, E>,
      options: Pacing.PermitOptions
    ): Effect.Effect<A, E | Pacing.PausedTooLong> =>
      Effect.clockWith((clock) => {
        const now = () => clock.unsafeCurrentTimeMillis()
        const turn = Effect.unsafeMakeLatch(false)
        const endsAt = now() + Duration.toMillis(options.maxWait)
        let paused = 0
        const leaveLine = Effect.sync(() => {
          if (line.delete(turn)) callNext()
        })
        const learn = Effect.sync(() => {
          const outcome = options.outcome()
          if (outcome?.status !== "limited") return
          refused += 1
          pausedUntil = Math.max(pausedUntil, now() + (outcome.retryAfter ?? per / requests))
        })
        const proceed = (inner = Duration.zero) =>
          Effect.zipRight(leaveLine, request(Duration.sum(Duration.millis(paused), inner)))
        const attempt: Effect.Effect<A, E | Pacing.PausedTooLong> = Effect.suspend(() => {
          const retryAfter = Duration.millis(Math.max(0, pausedUntil - now()))
          const maxPause = Duration.subtract(options.maxPause, paused)
          if (Duration.greaterThan(retryAfter, maxPause)) return tooLong(retryAfter)
          paused += Duration.toMillis(retryAfter)
          if (!Duration.isZero(retryAfter)) return wait("pause", retryAfter)
          return Effect.flatMap(ask(`${key}/${operation}`), (answer) => {
            if (answer === 0) return proceed()
            if (typeof answer === "number") return wait("rate", Duration.millis(answer))
            const isWaiting = onStoreFailure === "wait"
            const then = isWaiting ? "no requests are sent" : "this process limits its own rate"
            return Effect.zipRight(
              Effect.logDebug(`The store of the rate limiter failed (${answer}): ${then}`),
              isWaiting
                ? wait("rate", Duration.millis(per / requests))
                : own.withPermit(proceed, { ...options, maxPause, maxWait: Duration.millis(endsAt - now()) })
            )
          })
        })
        const wait = (reason: Pacing.LimiterWait["reason"], delay: Duration.Duration) =>
          now() + Duration.toMillis(delay) > endsAt
            ? tooLong(delay)
            : options
                .onWait({ reason, delay, waiting: line.size })
                .pipe(Effect.zipRight(Effect.sleep(delay)), Effect.zipRight(attempt))
        const inLine = Effect.suspend(() => {
          line.add(turn)
          callNext()
          return Effect.zipRight(turn.await, attempt)
        })
        return Effect.ensuring(options.urgent ? request() : inLine, Effect.zipRight(leaveLine, learn))
      })
    const estimate = (count: number) =>
      Effect.clockWith((clock) => {
        const pause = Math.max(0, pausedUntil - clock.unsafeCurrentTimeMillis())
        const duration = Duration.millis(pause + (count * per) / requests)
        return Effect.succeed({ basis: "configured" as const, duration, isPaused: pause > 0, refused })
      })
    return { withPermit, estimate }
  }
  return { make }
}
