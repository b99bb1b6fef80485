import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as ScheduleDecision from "effect/ScheduleDecision"
import type { RetryPolicy } from "../../RetryPolicy.ts"
import type { RequestError } from "../service.ts"

/** What the schedule of one call needs to know of it. */
export interface Progress {
  /** Whether the call is over, whatever the policy says. */
  readonly isOver: () => boolean
  /** How long the call took so far, without its turns at a steady rate, in milliseconds. */
  readonly spent: () => number
  /** Waits before the next attempt. */
  readonly wait: (error: RequestError, delay: Duration.Duration) => Effect.Effect<void>
}

/** Whole milliseconds, never shorter. */
const wholeMillis = (duration: Duration.Duration): Duration.Duration =>
  Duration.millis(Math.ceil(Duration.toMillis(duration)))

/**
 * A policy applied to one call: it never repeats what must not be repeated,
 * waits at least as long as the server asks for, and ends at the cap rather than
 * begin a delay that would pass it.
 */
export const schedule = (
  policy: RetryPolicy,
  { isOver, spent, wait }: Progress
): Schedule.Schedule<unknown, RequestError> => {
  let last: RequestError | undefined
  const when: Schedule.Schedule<unknown, RequestError> = policy.schedule
  return when.pipe(
    Schedule.passthrough,
    Schedule.whileInput((error) => error.isRetryable && !isOver()),
    Schedule.modifyDelay((error, delay) => {
      last = error
      return wholeMillis(Duration.max(delay, error.retryAfter ?? Duration.zero))
    }),
    Schedule.delays,
    Schedule.whileOutput((delay) => spent() + Duration.toMillis(delay) <= Duration.toMillis(policy.cap)),
    Schedule.onDecision((delay, decision) =>
      ScheduleDecision.isContinue(decision) && last !== undefined ? wait(last, delay) : Effect.void
    ),
    Schedule.modifyDelay(() => Duration.zero)
  )
}
