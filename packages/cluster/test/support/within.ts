import { Cause, type Duration, Effect } from "effect"

/** Ends a wait that never would, and says what it was for. The bound is for a machine on which much else runs. */
export const within =
  (what: string, sofar: () => string = () => "", longest: Duration.DurationInput = "3 minutes") =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.timeoutFailCause(self, {
      duration: longest,
      onTimeout: () => Cause.die(new Error(`waited in vain for ${what}. ${sofar()}`))
    })

/** Looks again and again until something is so. */
export const until = <E, R>(what: string, isSo: Effect.Effect<boolean, E, R>) =>
  Effect.sleep("10 millis").pipe(Effect.zipRight(isSo), Effect.repeat({ until: (is) => is }), within(what))
