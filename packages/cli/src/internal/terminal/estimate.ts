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

/** The same of work elsewhere, of which no more is known than when its parts ended: nothing before it is known. */
export const makeRestOf = (total: number) => {
  let finishing: estimates.Finishing | undefined
  let said: estimates.Said | undefined
  let ended = 0
  return {
    /** Something happened; the first time is the beginning. */
    at: (now: number, isEnd: boolean): void => {
      finishing ??= estimates.finishing(now)
      if (!isEnd) return
      finishing.ended(now)
      ended += 1
      const estimate = finishing.estimate(total - ended)
      said = estimate && estimates.next(said, estimate, now)
    },
    words: (): string => (said === undefined || ended >= total ? "" : `; left: ${estimates.words(said)}`)
  }
}
