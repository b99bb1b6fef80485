/**
 * When a failed attempt is made again, as values: `Schedule`s over the error of the last attempt, and a cap on the time
 * that one call may spend.
 *
 * A policy decides *when*. Whether an attempt may be made again at all is decided by the error (`isRetryable`). No
 * policy can make a create unsafe, and none can shorten a `Retry-After`.
 *
 * @since 0.1.0
 */
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"

/**
 * When a failed call is tried again, and for how long.
 *
 * @category models
 */
export interface RetryPolicy {
  /** When to try again, told the error of the last attempt. Ends when no try is left. */
  readonly schedule: Schedule.Schedule<unknown, PermissionsError>
  /**
   * The longest time that one call spends on attempts, on the delays between them, and on waiting while the pace holds
   * all requests. Waiting for a turn at a steady rate does not count. A delay that would end after it is not begun: the
   * call fails at once with the last error. A hold that would end after it makes the call fail at once with
   * `RateLimitError`, without a request.
   */
  readonly cap: Duration.Duration
}

/**
 * A policy of your own.
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

/** Delays that double from `first` to `longest`, in milliseconds, each varied by a fifth either way. */
const doubling = (times: Schedule.Schedule<number>, first: number, longest: number) =>
  Schedule.jittered(Schedule.addDelay(times, (n) => Math.min(first * 2 ** n, longest)))

/**
 * For failures that pass by themselves (5xx, lost connections, timeouts, conflicts): five more attempts, about 0.5, 1,
 * 2, 4 and 8 seconds apart, each delay varied by a fifth either way.
 *
 * @category schedules
 */
export const transient: Schedule.Schedule<unknown, PermissionsError> = doubling(Schedule.recurs(5), 500, 30_000)

/**
 * For 429s: delays of about 1, 2, 4, … up to 60 seconds, without end, so that the cap decides. The seventh attempt is
 * already more than a minute after the first, which outlasts a quota that refills once a minute.
 *
 * @category schedules
 */
export const rateLimited: Schedule.Schedule<unknown, PermissionsError> = doubling(Schedule.forever, 1000, 60_000)

/**
 * One schedule for 429s and another for everything else. Each keeps its own count: a run of 429s uses up none of the
 * attempts meant for a failing server.
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
 * What a service does unless told otherwise: {@link rateLimited} for 429s, {@link transient} for the rest, within 10
 * minutes.
 *
 * @category policies
 */
export const standard: RetryPolicy = make({ schedule: byError({ rateLimited, otherwise: transient }) })

/**
 * Every call is tried once. It still waits for a permit at a steady rate, but not while the rate limiter is paused: then
 * it fails with `RateLimitError` immediately.
 *
 * @category policies
 */
export const none: RetryPolicy = /* @__PURE__ */ make({ schedule: Schedule.stop, cap: 0 })
