/**
 * The interface of rate limiters, and the limiter of this library: the queue of `protocol/pacing`, in which fibers
 * wait.
 */
import type { Basis, OperationEstimate } from "@checkpoint-permissions/protocol/estimates"
import type { RequestOperation } from "@checkpoint-permissions/protocol/failure"
import * as pacing from "@checkpoint-permissions/protocol/pacing"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
/**
 * The operation of a request, such as `"list"` or `"delete"`. The server counts each operation separately.
 *
 * @category models
 */
export type Operation = RequestOperation

/**
 * The parts of a reply from which a rate limiter can learn. `"limited"` is a 429 that may be retried. Any other reply
 * is `"accepted"`, even an error. The other fields are present if the reply has their headers.
 *
 * @category models
 */
export interface PermitOutcome {
  readonly _tag: "accepted" | "limited"
  /** `Retry-After` of a 429. */
  readonly retryAfter?: Duration.Duration | undefined
  /** `x-ratelimit-limit-requests`. */
  readonly limit?: number | undefined
  /** `x-ratelimit-remaining-requests`. */
  readonly remaining?: number | undefined
  /** `x-ratelimit-reset-requests`, counted from the reply. */
  readonly reset?: Duration.Duration | undefined
}

/**
 * A permit to send one request.
 *
 * @category models
 */
export interface Permit {
  /** The time that the call waited for it. */
  readonly waited: Duration.Duration
  /** The part of `waited` during which the limiter was paused. It counts towards the cap of the retry policy. */
  readonly paused: Duration.Duration
  /**
   * Releases the permit. Called exactly once, when the request has ended. `outcome` is `undefined` if no reply arrived.
   */
  readonly release: (outcome: PermitOutcome | undefined) => Effect.Effect<void>
}

/**
 * No permit: the limiter is paused for longer than the call may wait. The call fails with `RateLimitError`.
 *
 * @category models
 */
export interface PausedTooLong {
  readonly _tag: "PausedTooLong"
  /** The remaining duration of the pause. */
  readonly retryAfter: Duration.Duration
}

/**
 * A wait of calls for permits.
 *
 * @category models
 */
export interface LimiterWait {
  /** `"pause"`: the limiter is paused. `"rate"`: calls wait for a steady rate. */
  readonly reason: "pause" | "rate"
  /** The duration of the wait from now on. For `"rate"`: until the last of the waiting calls has its permit. */
  readonly delay: Duration.Duration
  /** The number of waiting calls. */
  readonly waiting: number
}

/**
 * Options of a call that requests a permit.
 *
 * @category models
 */
export interface AcquireOptions {
  /** The longest pause that the call waits for. */
  readonly maxWait: Duration.Duration
  /** Whether to give the permit immediately, ignoring the queue and pauses. */
  readonly urgent: boolean
  /** Called when a wait is known, before it starts. The effect ends immediately. */
  readonly onWait: (wait: LimiterWait) => Effect.Effect<void>
  /**
   * For a limiter that reserves a permit before `acquire` ends. It must call this in the step that reserves the permit,
   * with an effect that releases it. The client runs that effect if the call is interrupted before it has received the
   * permit. A limiter that passes `options` to another limiter keeps this guarantee. Other limiters can ignore it.
   */
  readonly onReserved?: ((giveBack: Effect.Effect<void>) => void) | undefined
}

/**
 * The estimated wait for more permits, ignoring the current queue.
 *
 * @category models
 */
export interface LimiterEstimate {
  /** The basis of the estimate, as in `Estimate` of the service. */
  readonly basis: Basis
  readonly duration: Duration.Duration
  readonly isPaused: boolean
  /** The number of requests that got a 429 so far. */
  readonly refused: number
}

/**
 * A rate limiter of one operation, shared by all fibers of a service.
 *
 * @category models
 */
export interface OperationLimiter {
  /**
   * Waits until a request may be sent. It runs in the fiber of the call, and is interrupted with it. An interrupted
   * `acquire` reserves nothing.
   */
  readonly acquire: (options: AcquireOptions) => Effect.Effect<Permit | PausedTooLong>
  /**
   * Returns the estimated wait for `requests` more permits. Default: the estimate for a burst of ten requests, then ten
   * requests a minute.
   */
  readonly estimate?: ((requests: number) => Effect.Effect<LimiterEstimate>) | undefined
}

/**
 * Makes the rate limiters of a service. Implement it for your own limiter.
 *
 * @category models
 */
export interface Pacing {
  /** Returns a limiter. Called once for each operation of each service, when the service is made. */
  readonly make: (operation: Operation) => OperationLimiter
  /** The reason why the options were refused, in one line. A service with such a pacing cannot be made. */
  readonly problem?: string | undefined
}

const millis = (duration: Duration.Duration | undefined) => duration && Duration.toMillis(duration)

const plain = ({ _tag: status, reset, retryAfter, ...rest }: PermitOutcome): pacing.Outcome => ({
  ...rest,
  status,
  reset: millis(reset),
  retryAfter: millis(retryAfter)
})

/** Returns a limiter with a queue, first come, first served. The first call in the queue sets the timer for all. */
export const make = (initial: () => pacing.State): OperationLimiter => {
  const queue = pacing.queue(initial())
  return {
    acquire: ({ maxWait, onReserved, onWait, urgent }) =>
      Clock.clockWith((clock) => {
        const now = () => clock.currentTimeMillisUnsafe()
        const signal = Latch.makeUnsafe(false)
        const enteredAt = now()
        const call = queue.enter({
          now: enteredAt,
          maxWait: Duration.toMillis(maxWait),
          urgent,
          signal: () => signal.openUnsafe()
        })
        const release: Permit["release"] = (outcome) => Effect.sync(() => call.leave(now(), outcome && plain(outcome)))
        const resultOf = (result: pacing.Permit | pacing.PausedTooLong): Permit | PausedTooLong =>
          "pausedUntil" in result
            ? { _tag: "PausedTooLong", retryAfter: Duration.millis(Math.max(0, result.pausedUntil - result.at)) }
            : { waited: Duration.millis(result.waited), paused: Duration.millis(result.paused), release }
        onReserved?.(release(undefined))
        const result = call.result(enteredAt)
        if (result !== undefined) return Effect.succeed(resultOf(result))

        const tick = Effect.sync(() => queue.tick(now()))
        const wait: Effect.Effect<Permit | PausedTooLong> = Effect.suspend(() => {
          signal.closeUnsafe()
          const time = now()
          const next = call.next(time)
          if ("at" in next) return Effect.succeed(resultOf(next))
          if ("waitEvent" in next) {
            const { reason, until, waiting } = next.waitEvent
            return Effect.andThen(onWait({ reason, delay: Duration.millis(Math.ceil(until - time)), waiting }), wait)
          }
          if (next.timer === undefined) return Effect.andThen(signal.await, wait)
          const timed = Effect.andThen(Effect.sleep(next.timer), tick)
          return Effect.andThen(next.timer > 0 ? Effect.raceFirst(signal.await, timed) : tick, wait)
        })
        return Effect.onInterrupt(wait, () => release(undefined))
      }),
    estimate: (requests) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const { isPaused, millis, ...rest } = queue.estimate(requests, now)
        return { ...rest, duration: Duration.millis(millis), isPaused }
      })
  }
}

/**
 * Returns the estimate of a limiter in the form of `protocol/estimates`. Without its own, assumes a burst of ten
 * requests, then ten requests a minute.
 */
export const estimate = (limiter: OperationLimiter, requests: number): Effect.Effect<OperationEstimate> =>
  limiter.estimate === undefined
    ? Effect.succeed(pacing.estimate(pacing.adaptive(), requests, 0))
    : Effect.map(limiter.estimate(requests), ({ duration, isPaused, ...rest }) => ({
        ...rest,
        millis: Duration.toMillis(duration),
        isPaused
      }))
