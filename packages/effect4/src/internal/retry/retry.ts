import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { RetryPolicy } from "../../RetryPolicy.ts"
import type { RequestError } from "../service.ts"

/** What a call says of the attempts after its first. */
export interface Repetition {
  readonly policy: RetryPolicy
  /** The delay in milliseconds that follows, where the policy wants so much; `undefined` ends the call. */
  readonly delayOf: (wanted: number) => number | undefined
  readonly wait: (error: RequestError, delay: number) => Effect.Effect<void>
}

const schedule = ({ delayOf, policy, wait }: Repetition) =>
  policy.schedule.pipe(
    Schedule.setInputType<RequestError>(),
    Schedule.modifyDelay(({ duration }) => Effect.succeed(delayOf(Duration.toMillis(duration)) ?? Duration.infinity)),
    Schedule.while(({ duration }) => Duration.isFinite(duration)),
    Schedule.tap(({ duration, input }) => wait(input, Duration.toMillis(duration))),
    Schedule.modifyDelay(() => Effect.succeed(Duration.zero))
  )

/** Makes an attempt again as a policy says. Most calls need one, so the schedule is made after a first failure. */
export const repeated = <A>(
  attempt: Effect.Effect<A, RequestError>,
  repetition: Repetition
): Effect.Effect<A, RequestError> =>
  Effect.catch(attempt, (first) => {
    let next: typeof attempt = Effect.fail(first)
    const again = Effect.suspend(() => {
      const now = next
      next = attempt
      return now
    })
    return Effect.retry(again, schedule(repetition))
  })
