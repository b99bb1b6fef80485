/** Signals: Ctrl-C, SIGTERM and a closed terminal interrupt a command, or let it finish what is in flight. */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import type { Signal } from "../exitCode.ts"
import { time } from "./time.ts"

export interface Service {
  /**
   * Runs `use` so that the first signal does not interrupt it: the signal completes the effect that `use` receives.
   */
  readonly gracefully: <A, E, R>(
    use: (signal: Effect.Effect<Signal>) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E, R>
}

export class Interruption extends Context.Tag("@checkpoint-permissions/cli/Interruption")<Interruption, Service>() {}

export interface SignalHandler extends Service {
  /** Passes a signal to the command. Returns false if no command handles it. */
  readonly deliver: (signal: Signal) => boolean
}

export const make = (): SignalHandler => {
  let pending: Deferred.Deferred<Signal> | undefined
  return {
    gracefully: (use) =>
      Effect.acquireUseRelease(
        Effect.sync(() => {
          const received = Deferred.unsafeMake<Signal>(FiberId.none)
          pending = received
          return received
        }),
        (received) => use(Deferred.await(received)),
        () =>
          Effect.sync(() => {
            pending = undefined
          })
      ),
    deliver: (signal) => {
      if (pending === undefined) return false
      Deferred.unsafeDone(pending, Effect.succeed(signal))
      return true
    }
  }
}

interface Limit {
  readonly maxDuration: Option.Option<Duration.Duration>
  /** The part of the limit that has passed already. Default: zero. */
  readonly elapsed?: Duration.Duration
}

/**
 * Runs an effect that a signal or a time limit stops without an interruption: `stop` passes the reason to `tell` and
 * completes. `signal` returns the signal.
 */
export const stoppable = <A, E, R, R2>(
  { elapsed = Duration.zero, maxDuration }: Limit,
  onStop: (reason: string, signal: Signal | undefined) => Effect.Effect<void, never, R2>,
  use: (stop: Effect.Effect<void, never, R2>, signal: () => Signal | undefined) => Effect.Effect<A, E, R>
) =>
  Effect.flatMap(Interruption, ({ gracefully }) =>
    gracefully((signal) => {
      let received: Signal | undefined
      const onSignal = Effect.tap(signal, (which) => {
        received = which
      })
      const onTimeout = Option.match(maxDuration, {
        onNone: () => Effect.never,
        onSome: (limit) => Effect.as(Effect.sleep(Duration.subtract(limit, elapsed)), `${time(limit)} are over`)
      })
      return use(
        Effect.flatMap(Effect.raceFirst(onSignal, onTimeout), (reason) => onStop(reason, received)),
        () => received
      )
    })
  )
