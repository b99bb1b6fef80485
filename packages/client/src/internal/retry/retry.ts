import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as ScheduleDecision from "effect/ScheduleDecision"
import type { RetryPolicy } from "../../RetryPolicy.ts"
import type { RequestError } from "../service.ts"

/**
 * A policy applied to one call: `delayOf` makes the delay of an attempt, or ends the call. `wait` waits before the
 * next attempt.
 */
export const schedule = (
  policy: RetryPolicy,
  delayOf: (error: RequestError, wanted: number) => number | undefined,
  wait: (error: RequestError, delay: Duration.Duration) => Effect.Effect<void>
): Schedule.Schedule<unknown, RequestError> => {
  let last: RequestError | undefined
  const when: Schedule.Schedule<unknown, RequestError> = policy.schedule
  return when.pipe(
    Schedule.passthrough,
    Schedule.modifyDelay((error, delay) => {
      last = error
      return delayOf(error, Duration.toMillis(delay)) ?? Duration.infinity
    }),
    Schedule.delays,
    Schedule.whileOutput(Duration.isFinite),
    Schedule.onDecision((delay, decision) =>
      ScheduleDecision.isContinue(decision) && last !== undefined ? wait(last, delay) : Effect.void
    ),
    Schedule.modifyDelay(() => Duration.zero)
  )
}
