/** Signals. Ctrl-C, SIGTERM and a closed terminal interrupt a command, or let it finish the requests in flight. */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import type { Signal } from "../command/exitCode.ts"
import { Screen } from "./screen.ts"
import { time } from "./time.ts"

type Service = ReturnType<typeof make>

export class Interruption extends Context.Tag("@checkpoint-permissions/cli/Interruption")<Interruption, Service>() {}

export const make = () => {
  let pending: Deferred.Deferred<Signal> | undefined
  return {
    /**
     * Runs `use` so that the first signal does not interrupt it. Instead, the signal completes the effect that `use`
     * receives.
     */
    gracefully: <A, E, R>(use: (signal: Effect.Effect<Signal>) => Effect.Effect<A, E, R>) =>
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
    /** Passes a signal to the command. Returns false if no command handles it. */
    deliver: (signal: Signal) => {
      if (pending === undefined) return false
      Deferred.unsafeDone(pending, Effect.succeed(signal))
      return true
    }
  }
}

export const hasStopped = (stop: Effect.Effect<unknown>): Effect.Effect<boolean> =>
  Effect.raceFirst(Effect.as(stop, true), Effect.as(Effect.yieldNow(), false))

interface Limit {
  readonly maxDuration: Option.Option<Duration.Duration>
  /** The part of the limit that has already passed. Default: zero. */
  readonly elapsed?: Duration.Duration
}

/**
 * Runs an effect that a signal or a time limit stops without an interruption. `stop` completes then, after `notice` has
 * printed the reason. The time counts from the start of the effect, for all parts that `stop` ends. `signal` returns the
 * signal.
 */
export const stoppable = <A, E, R>(
  command: string,
  notice: "finishing requests in flight" | "printing partial results",
  { elapsed = Duration.zero, maxDuration }: Limit,
  use: (stop: Effect.Effect<void>, signal: () => Signal | undefined) => Effect.Effect<A, E, R>
) =>
  Effect.flatMap(Effect.all([Interruption, Screen]), ([{ gracefully }, screen]) =>
    gracefully((signal) => {
      let received: Signal | undefined
      const onSignal = Effect.tap(signal, (which) => {
        received = which
      })
      const onTimeout = Option.match(maxDuration, {
        onNone: () => Effect.never,
        onSome: (limit) =>
          Effect.as(Effect.sleep(Duration.subtract(limit, elapsed)), `--max-duration of ${time(limit)} reached`)
      })
      const stopped = Deferred.unsafeMake<void>(FiberId.none)
      const stopping = Effect.flatMap(Effect.raceFirst(onSignal, onTimeout), (reason) =>
        Effect.zipRight(
          screen.warn(
            `${command}: ${reason}: ${notice}${reason === "SIGINT" ? "; press Ctrl-C again to stop immediately" : ""}`
          ),
          Deferred.succeed(stopped, undefined)
        )
      )
      return Effect.acquireUseRelease(
        Effect.fork(Effect.interruptible(stopping)),
        () => use(Deferred.await(stopped), () => received),
        Fiber.interrupt
      )
    })
  )
