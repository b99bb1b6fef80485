/** Says why a command waits: a retry policy and a pacing that tell what they are about to wait for. */
import type * as Pacing from "@checkpoint-permissions/client/Pacing"
import * as RetryPolicy from "@checkpoint-permissions/client/RetryPolicy"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as ScheduleDecision from "effect/ScheduleDecision"
import * as Intervals from "effect/ScheduleIntervals"
import { time } from "./time.ts"

/** What went wrong, in a few words. */
export const cause = (error: PermissionsError): string => {
  switch (error._tag) {
    case "RateLimited":
      return error.retryAfter === undefined
        ? "429, too many requests"
        : `429, too many requests, with Retry-After: ${time(error.retryAfter)}`
    case "ConnectionFailed":
      return `no connection (${error.reason})`
    case "TimedOut":
      return "no answer in time"
    default:
      return error.status === undefined ? "a failure" : `${error.status}, a failure of the server`
  }
}

/** `policy`, telling of each attempt that failed and how long it is until the next. */
export const told = (
  policy: RetryPolicy.RetryPolicy,
  tell: (error: PermissionsError, delay: Duration.Duration) => Effect.Effect<void>
): RetryPolicy.RetryPolicy =>
  RetryPolicy.make({
    cap: policy.cap,
    schedule: Schedule.makeWithState(policy.schedule.initial, (now, error: PermissionsError, state) =>
      Effect.tap(policy.schedule.step(now, error, state), ([, , decision]) =>
        ScheduleDecision.isDone(decision)
          ? Effect.void
          : tell(
              error,
              Duration.max(
                Duration.millis(Intervals.start(decision.intervals) - now),
                error.retryAfter ?? Duration.zero
              )
            )
      )
    )
  })

/** A pause that is not worth a word. */
const short = Duration.seconds(1)

/** `pacing`, telling of each turn that has to be waited for. */
export const paced = (
  pacing: Pacing.Pacing,
  tell: (delay: Duration.Duration) => Effect.Effect<void>
): Pacing.Pacing => ({
  ...pacing,
  make: Effect.map(pacing.make, (pace) => ({
    ...pace,
    take: Effect.flatMap(pace.estimate(1), (delay) =>
      Duration.lessThan(delay, short) ? pace.take : Effect.zipRight(tell(delay), pace.take)
    )
  }))
})
