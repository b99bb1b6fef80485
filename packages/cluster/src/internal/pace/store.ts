/** A store of `RateLimiter` that gives one turn in each interval, and none while it cannot be reached. */
import type * as RateLimiter from "@effect/experimental/RateLimiter"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** The store gave no answer. */
export class StoreAway extends Data.TaggedError("StoreAway")<{ readonly message: string }> {}

/** A turn of a key at the cost of so many milliseconds: 0, or how long to wait before asking again. */
export type Ask = (key: string, cost: number) => Effect.Effect<number, StoreAway>

/** Less than `SharedPacing` waits for an answer. */
const answerTimeout = Duration.seconds(4)

/** While the store is away it is asked as often as turns are due, within these bounds: milliseconds. */
const retryDelay = (cost: number) => Math.min(5000, Math.max(100, cost))

const monotonicMillis = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos / 1_000_000n))

export interface Pace {
  readonly store: RateLimiter.RateLimiterStore["Type"]
  /** To be run when a connection is lost, whether or not somebody waits for an answer. */
  readonly lost: (reason: string) => Effect.Effect<void>
}

/** `name` is what messages call the store. */
export const make = (name: string, ask: Ask): Pace => {
  /** Milliseconds of a clock of this process that is never put back. */
  let awaySince: number | undefined
  let backAt = Number.NEGATIVE_INFINITY

  const lost = (reason: string) =>
    Effect.flatMap(monotonicMillis, (now) => {
      if (awaySince !== undefined) return Effect.void
      awaySince = now
      return Effect.logWarning(`${name} cannot be reached (${reason}): nothing is sent until it is back`)
    })

  /**
   * For how long nothing is sent since the store is back. What it knew of the turns before may be lost, so a whole
   * window has to pass.
   */
  const pauseAt = (now: number, window: number) => (awaySince === undefined ? Math.max(0, backAt + window - now) : 0)

  const reached = (window: number) =>
    Effect.flatMap(monotonicMillis, (now) => {
      if (awaySince === undefined) return Effect.succeed(pauseAt(now, window))
      const away = Duration.format(Duration.seconds(Math.ceil((now - awaySince) / 1000)))
      awaySince = undefined
      backAt = now
      const pause = Duration.format(Duration.millis(window))
      return Effect.as(
        Effect.logWarning(
          `${name} is back after ${away}: nothing is sent for ${pause}, since it may have forgotten the last turns`
        ),
        window
      )
    })

  /** 0 for a turn, or how long to wait before asking again. */
  const turn = (key: string, cost: number, window: number): Effect.Effect<number> =>
    Effect.flatMap(monotonicMillis, (now) => {
      const pause = pauseAt(now, window)
      if (pause > 0) return Effect.succeed(pause)
      return ask(key, cost).pipe(
        // a statement that hangs may hang in its interruption too
        Effect.disconnect,
        Effect.timeoutFail({ duration: answerTimeout, onTimeout: () => new StoreAway({ message: "no answer" }) }),
        Effect.flatMap((wait) => Effect.map(reached(window), (pause) => Math.max(wait, pause))),
        Effect.catchAll(({ message }) => Effect.as(lost(message), retryDelay(cost)))
      )
    })

  /** Waits until it has a turn: nothing is reserved, so that who is interrupted takes nothing. */
  const turnWaited = (key: string, cost: number, window: number): Effect.Effect<void> =>
    Effect.flatMap(turn(key, cost, window), (wait) =>
      wait === 0
        ? Effect.void
        : Effect.zipRight(
            Effect.sleep(Math.ceil(wait)),
            Effect.suspend(() => turnWaited(key, cost, window))
          )
    )

  return {
    lost,
    store: {
      fixedWindow: ({ key, limit, refillRate, tokens }) => {
        const interval = Duration.toMillis(refillRate)
        const cost = interval * tokens
        // a count of 1 with the time of one token left: the limiter adds no delay of its own
        if (limit === undefined) return Effect.as(turnWaited(key, cost, interval), [1, interval] as const)
        return Effect.map(turn(key, cost, interval * limit), (wait) =>
          wait === 0 ? ([limit, cost] as const) : ([limit + tokens, Math.ceil(wait)] as const)
        )
      },
      tokenBucket: ({ allowOverflow, key, limit, refillRate, tokens }) => {
        const interval = Duration.toMillis(refillRate)
        const cost = interval * tokens
        if (allowOverflow) return Effect.as(turnWaited(key, cost, interval * limit), 0)
        // the limiter multiplies what is missing by the interval
        return Effect.map(turn(key, cost, interval * limit), (wait) => (wait === 0 ? 0 : -Math.ceil(wait) / interval))
      }
    }
  }
}
