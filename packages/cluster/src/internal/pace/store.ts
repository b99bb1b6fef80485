/** A store of `RateLimiter` that gives one turn in each interval, and none while it cannot be reached. */
import type * as RateLimiter from "@effect/experimental/RateLimiter"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** The store gave no answer. */
export class StoreAway extends Data.TaggedError("StoreAway")<{ readonly message: string }> {}

/**
 * A turn of a key at the cost of so many milliseconds: 0, or how long to wait before asking again. As a number or its
 * text; anything else is no answer.
 */
export type Ask = (key: string, cost: number) => Effect.Effect<unknown, StoreAway>

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
        Effect.map(Number),
        Effect.filterOrFail(
          (wait) => wait >= 0,
          () => new StoreAway({ message: "its answer is not a number" })
        ),
        Effect.flatMap((wait) => Effect.map(reached(window), (pause) => Math.ceil(Math.max(wait, pause)))),
        Effect.catchAll(({ message }) => Effect.as(lost(message), retryDelay(cost)))
      )
    })

  /** Waits until it has a turn: nothing is reserved, so that who is interrupted takes nothing. */
  const turnWaited = (key: string, cost: number, window: number): Effect.Effect<number> =>
    turn(key, cost, window).pipe(Effect.tap(Effect.sleep), Effect.repeat({ until: (wait) => wait === 0 }))

  /** `limit` is the number of turns in a window, `tokens` how many are taken at once. */
  const taken = (
    { key, limit = 1, refillRate, tokens }: Parameters<RateLimiter.RateLimiterStore["Type"]["fixedWindow"]>[0],
    waits: boolean
  ) => {
    const interval = Duration.toMillis(refillRate)
    const cost = interval * tokens
    return Effect.map((waits ? turnWaited : turn)(key, cost, interval * limit), (wait) => ({ cost, interval, wait }))
  }

  return {
    lost,
    store: {
      fixedWindow: (options) => {
        const { limit, tokens } = options
        return Effect.map(taken(options, limit === undefined), ({ cost, interval, wait }) => {
          // a count of 1 with the time of one token left: the limiter adds no delay of its own
          if (limit === undefined) return [1, interval] as const
          return wait === 0 ? ([limit, cost] as const) : ([limit + tokens, wait] as const)
        })
      },
      // the limiter multiplies what is missing by the interval
      tokenBucket: (options) =>
        Effect.map(taken(options, options.allowOverflow), ({ interval, wait }) => (wait === 0 ? 0 : -wait / interval))
    }
  }
}
