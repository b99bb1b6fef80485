/** What Ctrl-C, SIGTERM and a terminal that is closed do: interrupt a command, or let it come to an end where it is. */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type { Signal } from "../exitCode.ts"

export interface Service {
  /**
   * While this runs the first signal does not interrupt it: it completes the
   * effect that `use` is given, and `use` ends in its own time.
   */
  readonly gracefully: <A, E, R>(
    use: (signal: Effect.Effect<Signal>) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E, R>
}

export class Interruption extends Context.Tag("@checkpoint-permissions/cli/Interruption")<Interruption, Service>() {}

export interface Switch extends Service {
  /** Tells of a signal; answers whether somebody takes it. */
  readonly tell: (signal: Signal) => boolean
}

export const make = (): Switch => {
  let waiting: Deferred.Deferred<Signal> | undefined
  return {
    gracefully: (use) =>
      Effect.acquireUseRelease(
        Effect.sync(() => {
          const received = Deferred.unsafeMake<Signal>(FiberId.none)
          waiting = received
          return received
        }),
        (received) => use(Deferred.await(received)),
        () =>
          Effect.sync(() => {
            waiting = undefined
          })
      ),
    tell: (signal) => {
      if (waiting === undefined) return false
      Deferred.unsafeDone(waiting, Effect.succeed(signal))
      return true
    }
  }
}
