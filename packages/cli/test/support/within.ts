import { Cause, type Duration, Effect } from "effect"

/** Ends a wait that never would, and says what it was for. The bound is for a machine on which much else runs. */
export const within =
  (what: string, sofar: () => string = () => "", longest: Duration.DurationInput = "3 minutes") =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.timeoutFailCause(self, {
      duration: longest,
      onTimeout: () => Cause.die(new Error(`waited in vain for ${what}. ${sofar()}`))
    })
