import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as ScheduleDecision from "effect/ScheduleDecision"
import type { RetryPolicy } from "../../RetryPolicy.ts"
import type { RequestError } from "../service.ts"

/** What a call says of the attempts after its first. */
export interface Repetition {
  readonly policy: RetryPolicy
  /** The delay in milliseconds that follows, where the policy wants so much; `undefined` ends the call. */
  readonly delayOf: (wanted: number) => number | undefined
  /** Waits before the next attempt. */
  readonly wait: (error: RequestError, delay: number) => Effect.Effect<void>
}

const schedule = ({ delayOf, policy, wait }: Repetition): Schedule.Schedule<unknown, RequestError> => {
  let last: RequestError | undefined
  const when: Schedule.Schedule<unknown, RequestError> = policy.schedule
  return when.pipe(
    Schedule.passthrough,
    Schedule.modifyDelay((error, delay) => {
      last = error
      return delayOf(Duration.toMillis(delay)) ?? Duration.infinity
    }),
    Schedule.delays,
    Schedule.whileOutput(Duration.isFinite),
    Schedule.onDecision((delay, decision) =>
      ScheduleDecision.isContinue(decision) && last !== undefined ? wait(last, Duration.toMillis(delay)) : Effect.void
    ),
    Schedule.modifyDelay(() => Duration.zero)
  )
}

/** Makes an attempt again as a policy says. Most calls need one, so the schedule is made after a first failure. */
export const repeated = <A>(
  attempt: Effect.Effect<A, RequestError>,
  repetition: Repetition
): Effect.Effect<A, RequestError> =>
  Effect.catchAll(attempt, (first) => {
    let next: typeof attempt = Effect.fail(first)
    const again = Effect.suspend(() => {
      const now = next
      next = attempt
      return now
    })
    return Effect.retry(again, schedule(repetition))
  })
