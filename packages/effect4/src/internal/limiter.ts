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
 * No permit: the wait would be longer than `maxPause` or `maxWait`. The call fails with `RateLimitError`, or with the
 * error of its last attempt if there was one and a deadline is the reason.
 *
 * @category models
 */
export interface PausedTooLong {
  readonly _tag: "PausedTooLong"
  /** The remaining duration of the wait. */
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
export interface PermitOptions {
  /** The longest pause after a 429 that the call waits for: the rest of its cap. */
  readonly maxPause: Duration.Duration
  /**
   * The longest wait in all for a permit: the rest of the deadline, or infinite. A limiter can ignore it: the client
   * interrupts the wait then.
   */
  readonly maxWait: Duration.Duration
  /** Whether to give the permit immediately, ignoring the queue and pauses. */
  readonly urgent: boolean
  /** Call it when a wait is known, before it starts. The effect ends immediately. */
  readonly onWait: (wait: LimiterWait) => Effect.Effect<void>
  /**
   * Returns the outcome of the request, after it has ended or was interrupted. Returns `undefined` if no reply arrived,
   * or if the request was not run.
   */
  readonly outcome: () => PermitOutcome | undefined
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
   * Waits until the request may be sent, and runs it. It runs in the fiber of the call, and is interrupted with it.
   * `request` runs at most once: a second run dies. Pass it the time during which the limiter was paused, by default
   * zero, which counts towards the cap of the retry policy. Fails with `PausedTooLong` instead of a wait that is too long.
   */
  readonly withPermit: <A, E>(
    request: (paused?: Duration.Duration) => Effect.Effect<A, E>,
    options: PermitOptions
  ) => Effect.Effect<A, E | PausedTooLong>
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
}

const millis = (duration: Duration.Duration | undefined) => duration && Duration.toMillis(duration)

const plain = (outcome: PermitOutcome | undefined): pacing.Outcome | undefined => {
  if (outcome === undefined) return undefined
  const { _tag: status, reset, retryAfter, ...rest } = outcome
  return { ...rest, status, reset: millis(reset), retryAfter: millis(retryAfter) }
}

const tooLong = (millis: number): Effect.Effect<never, PausedTooLong> =>
  Effect.fail({ _tag: "PausedTooLong", retryAfter: Duration.millis(Math.max(0, millis)) })

/** Returns a limiter with a queue, first come, first served. The first call in the queue sets the timer for all. */
export const make = (initial: () => pacing.State): OperationLimiter => {
  const queue = pacing.queue(initial())
  return {
    withPermit: <A, E>(
      request: (paused?: Duration.Duration) => Effect.Effect<A, E>,
      { maxPause, maxWait, onWait, outcome, urgent }: PermitOptions
    ): Effect.Effect<A, E | PausedTooLong> =>
      Clock.clockWith((clock) => {
        const now = () => clock.currentTimeMillisUnsafe()
        const signal = Latch.makeUnsafe(false)
        let call: pacing.QueuedCall | undefined

        const proceed = (result: pacing.Permit | pacing.PausedTooLong): Effect.Effect<A, E | PausedTooLong> => {
          if (!("waitUntil" in result)) return request(Duration.millis(result.paused))
          call = undefined
          return tooLong(result.waitUntil - result.at)
        }

        const tick = Effect.sync(() => queue.tick(now()))
        const wait = (call: pacing.QueuedCall): Effect.Effect<A, E | PausedTooLong> =>
          Effect.suspend(() => {
            signal.closeUnsafe()
            const time = now()
            const next = call.next(time)
            if ("at" in next) return proceed(next)
            const again = wait(call)
            if ("waitEvent" in next) {
              const { reason, until, waiting } = next.waitEvent
              return Effect.andThen(onWait({ reason, delay: Duration.millis(Math.ceil(until - time)), waiting }), again)
            }
            if (next.timer === undefined) return Effect.andThen(signal.await, again)
            const timed = Effect.andThen(Effect.sleep(next.timer), tick)
            return Effect.andThen(next.timer > 0 ? Effect.raceFirst(signal.await, timed) : tick, again)
          })

        // the finalizer is there before the call enters, so that no interruption leaves it in the queue
        const entered = Effect.suspend(() => {
          const enteredAt = now()
          call = queue.enter({
            now: enteredAt,
            maxPause: Duration.toMillis(maxPause),
            maxWait: Duration.toMillis(maxWait),
            urgent,
            signal: () => signal.openUnsafe()
          })
          const result = call.result(enteredAt)
          return result === undefined ? wait(call) : proceed(result)
        })
        const leave = Effect.sync(() => call?.leave(now(), plain(outcome())))
        return Effect.ensuring(entered, leave)
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

/** Calls `onLate` after `millis` milliseconds. If it returns an effect, interrupts `self` and returns its result. */
export const startWithin = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  millis: number,
  onLate: () => Effect.Effect<A, E> | undefined
): Effect.Effect<A, E, R> => {
  const late = Effect.suspend(() => onLate() ?? Effect.never)
  return Effect.raceFirst(self, Effect.delay(late, millis))
}
