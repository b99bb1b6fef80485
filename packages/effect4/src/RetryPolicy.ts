/**
 * When a failed attempt is made again, as values: `Schedule`s over the error of the last attempt, and a cap on the time
 * that one call may spend.
 *
 * A policy decides *when*. Whether an attempt may be made again at all is decided by the error (`isRetryable`). No
 * policy can make a create unsafe, and none can shorten a `Retry-After`.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { PermissionsError } from "./PermissionsError.ts"

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
 * ```ts effect4
 * import { RetryPolicy } from "@checkpoint-permissions/effect4"
 * import { Schedule } from "effect"
 *
 * const patient = RetryPolicy.make({
 *   schedule: Schedule.exponential("1 second").pipe(Schedule.upTo({ times: 20 })),
 *   cap: "1 hour"
 * })
 * ```
 *
 * @category constructors
 */
export const make = (options: {
  readonly schedule: Schedule.Schedule<unknown, PermissionsError>
  /** Default: 10 minutes. */
  readonly cap?: Duration.Input | undefined
}): RetryPolicy => ({
  schedule: options.schedule,
  cap: Duration.fromInputUnsafe(options.cap ?? "10 minutes")
})

/** `schedule`, with no delay longer than `longest`. */
const noLongerThan =
  (longest: Duration.Duration) =>
  <Out, In>(schedule: Schedule.Schedule<Out, In>): Schedule.Schedule<Out, In> =>
    Schedule.modifyDelay(schedule, ({ duration }) => Effect.succeed(Duration.min(duration, longest)))

/**
 * For failures that pass by themselves (5xx, lost connections, timeouts, conflicts): five more attempts, about 0.5, 1,
 * 2, 4 and 8 seconds apart, each delay varied by a fifth either way.
 *
 * @category schedules
 */
export const transient: Schedule.Schedule<unknown, PermissionsError> = Schedule.exponential("500 millis").pipe(
  noLongerThan(Duration.seconds(30)),
  Schedule.jittered,
  Schedule.upTo({ times: 5 })
)

/**
 * For 429s: delays of about 1, 2, 4, … up to 60 seconds, without end, so that the cap decides. The seventh attempt is
 * already more than a minute after the first, which outlasts a quota that refills once a minute.
 *
 * @category schedules
 */
export const rateLimited: Schedule.Schedule<unknown, PermissionsError> = Schedule.exponential("1 second").pipe(
  noLongerThan(Duration.minutes(1)),
  Schedule.jittered
)

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
  Schedule.fromStep(
    Effect.zipWith(
      Schedule.toStep(schedules.rateLimited),
      Schedule.toStep(schedules.otherwise),
      (onRateLimited, otherwise) => (now: number, error: PermissionsError) =>
        error._tag === "RateLimitError" ? onRateLimited(now, error) : otherwise(now, error)
    )
  )

/**
 * What a service does unless told otherwise: {@link rateLimited} for 429s, {@link transient} for the rest, within 10
 * minutes.
 *
 * @category policies
 */
export const standard: RetryPolicy = make({ schedule: byError({ rateLimited, otherwise: transient }) })

/**
 * Every call is tried once. It still waits for its turn at a steady rate, but not while the pace holds all requests: it
 * fails with `RateLimitError` at once.
 *
 * @category policies
 */
export const none: RetryPolicy = make({ schedule: Schedule.recurs(0), cap: 0 })
