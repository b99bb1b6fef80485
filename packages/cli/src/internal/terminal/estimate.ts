/** How long something takes, for people. */
import type * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import * as estimates from "@checkpoint-permissions/protocol/estimates"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

const inMillis = ({ basis, duration, refused, unrefused }: CheckpointPermissions.Estimate): estimates.Estimate => ({
  basis,
  millis: Duration.toMillis(duration),
  refused,
  ...(unrefused === undefined ? {} : { unrefused: Duration.toMillis(unrefused) })
})

/** How long it takes, said once. */
export const lasting = (estimate: CheckpointPermissions.Estimate): string => estimates.words(inMillis(estimate))

/** How long the rest takes, said again and again in a line of progress. */
export const makeRest = () => {
  let said: estimates.Said | undefined
  return (estimate: CheckpointPermissions.Estimate): Effect.Effect<string> =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      said = estimates.next(said, inMillis(estimate), now)
      return `; left: ${estimates.words(said)}`
    })
}
