import * as Effect from "effect/Effect"
import type { Reply } from "../callOptions.ts"
import type { Observer } from "../observer.ts"
import type { Restore } from "../retry/region.ts"

/** Tells an observer of the reply once the attempt has ended, also where it was interrupted after the reply came. */
export const observed = <A, E>(
  attempt: Effect.Effect<A, E>,
  observe: Observer<Reply> | undefined,
  replyOf: () => Reply | undefined,
  restore: Restore
): Effect.Effect<A, E> => {
  if (observe === undefined) return attempt
  let isTold = false
  const tell = Effect.suspend(() => {
    const reply = replyOf()
    if (reply === undefined || isTold) return Effect.void
    isTold = true
    return observe(reply)
  })
  return attempt.pipe(
    Effect.tapBoth({ onFailure: () => restore(tell), onSuccess: () => restore(tell) }),
    Effect.onInterrupt(() => tell)
  )
}
