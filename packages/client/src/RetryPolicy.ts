/**
 * Retry policies. A policy decides when to retry a failed attempt: a `Schedule` that receives the last error, and a cap
 * on the time of one call.
 *
 * The error decides whether an attempt may be repeated at all (`isRetryable`). No policy can make a create unsafe, and
 * none can shorten a `Retry-After`.
 */
import "./internal/installEffect3.ts"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"

/** A retry policy. */
export interface RetryPolicy {
  /**
   * Returns the delay before the next attempt. It receives the error of the last attempt, and ends if no attempt is
   * left.
   */
  readonly schedule: Schedule.Schedule<unknown, PermissionsError>
  /**
   * The longest time that one call spends on attempts, delays between them, and pauses of the rate limiter. Waiting for
   * a steady rate does not count. A delay that would go beyond the cap is not started: the call fails immediately with
   * the last error. A pause that would go beyond it makes the call fail immediately with `RateLimitError`, without a
   * request.
   */
  readonly cap: Duration.Duration
}

/**
 * Makes a custom policy.
 *
 * @example
 * ```ts
 * import { RetryPolicy } from "@checkpoint-permissions/client"
 * import { Schedule } from "effect"
 *
 * const patient = RetryPolicy.make({
 *   schedule: Schedule.exponential("1 second").pipe(Schedule.intersect(Schedule.recurs(20))),
 *   cap: "1 hour"
 * })
 * ```
 *
 * @category constructors
 */
export const make = (options: {
  readonly schedule: Schedule.Schedule<unknown, PermissionsError>
  /** Default: 10 minutes. */
  readonly cap?: Duration.DurationInput | undefined
}): RetryPolicy => ({ schedule: options.schedule, cap: Duration.decode(options.cap ?? "10 minutes") })

/** Makes delays that double from `first` to `longest`, in milliseconds, with a jitter of a fifth. */
const doubling = (times: Schedule.Schedule<number>, first: number, longest: number) =>
  Schedule.jittered(Schedule.addDelay(times, (n) => Math.min(first * 2 ** n, longest)))

/**
 * The schedule for transient failures (5xx, lost connections, timeouts, conflicts): five more attempts, after about
 * 0.5, 1, 2, 4 and 8 seconds, with a jitter of a fifth.
 *
 * @category schedules
 */
export const transient: Schedule.Schedule<unknown, PermissionsError> = doubling(Schedule.recurs(5), 500, 30_000)

/**
 * The schedule for 429s: delays of about 1, 2, 4, … up to 60 seconds, without end. The cap of the policy ends it. The
 * seventh attempt is more than a minute after the first, when a quota per minute has refilled.
 *
 * @category schedules
 */
export const rateLimited: Schedule.Schedule<unknown, PermissionsError> = doubling(Schedule.forever, 1000, 60_000)

/**
 * Combines a schedule for 429s with one for all other errors. Each has its own count, so a series of 429s does not use
 * up the attempts for a failing server.
 *
 * @category schedules
 */
export const byError = (schedules: {
  readonly rateLimited: Schedule.Schedule<unknown, PermissionsError>
  readonly otherwise: Schedule.Schedule<unknown, PermissionsError>
}): Schedule.Schedule<unknown, PermissionsError> =>
  Schedule.makeWithState(
    { rateLimited: schedules.rateLimited.initial, otherwise: schedules.otherwise.initial },
    (now, error: PermissionsError, state) => {
      const kind = error._tag === "RateLimitError" ? "rateLimited" : "otherwise"
      return Effect.map(
        schedules[kind].step(now, error, state[kind]),
        ([next, out, decision]) => [{ ...state, [kind]: next }, out, decision] as const
      )
    }
  )

/**
 * The default policy: {@link rateLimited} for 429s, {@link transient} for all other errors, with a cap of 10 minutes.
 *
 * @category policies
 */
export const standard: RetryPolicy = make({ schedule: byError({ rateLimited, otherwise: transient }) })

/**
 * A single attempt. A call still waits for a steady rate. While the rate limiter is paused, it fails immediately with
 * `RateLimitError`.
 *
 * @category policies
 */
export const none: RetryPolicy = /* @__PURE__ */ make({ schedule: Schedule.stop, cap: 0 })
