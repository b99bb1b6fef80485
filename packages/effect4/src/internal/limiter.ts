/**
 * The interface of rate limiters, and the limiter of this library: the queue of `protocol/pacing`, in which fibers
 * wait.
 */
import type { Basis } from "@checkpoint-permissions/protocol/estimates"
import type { RequestOperation } from "@checkpoint-permissions/protocol/failure"
import * as pacing from "@checkpoint-permissions/protocol/pacing"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"

/** The operation of a request, such as `"list"` or `"delete"`. The server counts each operation separately. */
export type Operation = RequestOperation

/** The parts of a reply from which a rate limiter can learn, with durations in milliseconds. */
export interface PermitOutcome extends pacing.Outcome {}

/**
 * No permit: the wait would be longer than `maxPause` or `maxWait`. The call fails with `RateLimitError`, or with the
 * error of its last attempt if there was one and a deadline is the reason.
 */
export interface PausedTooLong {
  readonly _tag: "PausedTooLong"
  /** The remaining duration of the wait. */
  readonly retryAfter: Duration.Duration
}

/** A wait of calls for permits. */
export interface LimiterWait {
  /** `"pause"`: the limiter is paused. `"rate"`: calls wait for a steady rate. */
  readonly reason: "pause" | "rate"
  /** The duration of the wait from now on. For `"rate"`: until the last of the waiting calls has its permit. */
  readonly delay: Duration.Duration
  /** The number of waiting calls. */
  readonly waiting: number
}

/** Options of a call that requests a permit. */
export interface PermitOptions {
  /** The longest pause after a 429 that the call waits for: the rest of its cap. */
  readonly maxPause: Duration.Duration
  /**
   * The longest wait in all for a permit: the rest of the deadline, or infinite. A limiter can ignore it: the client
   * interrupts the wait then.
   */
  readonly maxWait: Duration.Duration
  /** Whether to give the permit immediately, ignoring the queue and pauses. */
  readonly urgent: boolean
  /** Call it when a wait is known, before it starts. The effect ends immediately. */
  readonly onWait: (wait: LimiterWait) => Effect.Effect<void>
  /**
   * Returns the outcome of the request, after it has ended or was interrupted. Returns `undefined` if no reply arrived,
   * or if the request was not run.
   */
  readonly outcome: () => PermitOutcome | undefined
}

/** The estimated wait for more permits, ignoring the current queue. */
export interface LimiterEstimate {
  /** The basis of the estimate, as in `Estimate` of the service. */
  readonly basis: Basis
  readonly duration: Duration.Duration
  readonly isPaused: boolean
  /** The number of requests that got a 429 so far. */
  readonly refused: number
}

/** A rate limiter of one operation, shared by all fibers of a service. */
export interface OperationLimiter {
  /**
   * Waits until the request may be sent, and runs it. It runs in the fiber of the call, and is interrupted with it.
   * `request` runs at most once: a second run dies. Pass it the time during which the limiter was paused, by default
   * zero, which counts towards the cap of the retry policy. Fails with `PausedTooLong` instead of a wait that is too long.
   * The call lasts until its end, even past a deadline: a limiter that waits after the request forks that wait.
   */
  readonly withPermit: <A, E>(
    request: (paused?: Duration.Duration) => Effect.Effect<A, E>,
    options: PermitOptions
  ) => Effect.Effect<A, E | PausedTooLong>
  /**
   * Returns the estimated wait for `requests` more permits. Default: the estimate for a burst of ten requests, then ten
   * requests a minute.
   */
  readonly estimate?: ((requests: number) => Effect.Effect<LimiterEstimate>) | undefined
}

/** Makes the rate limiters of a service. Implement it for your own limiter. */
export interface Pacing {
  /** Returns a limiter. Called once for each operation of each service, when the service is made. */
  readonly make: (operation: Operation) => OperationLimiter
}

const tooLong = (millis: number): Effect.Effect<never, PausedTooLong> =>
  Effect.fail({ _tag: "PausedTooLong", retryAfter: Duration.millis(Math.max(0, millis)) })

/** Returns a limiter with a queue, first come, first served. The first call in the queue sets the timer for all. */
export const make = (initial: () => pacing.State): OperationLimiter => {
  const queue = pacing.queue(initial())

  const withPermit = <A, E>(
    request: (paused?: Duration.Duration) => Effect.Effect<A, E>,
    { maxPause, maxWait, onWait, outcome, urgent }: PermitOptions
  ): Effect.Effect<A, E | PausedTooLong> =>
    Clock.clockWith((clock) => {
      const nowMillis = () => clock.currentTimeMillisUnsafe()
      let call: pacing.QueuedCall | undefined
      let latch: Latch.Latch | undefined

      const proceed = (result: pacing.Permit | pacing.PausedTooLong): Effect.Effect<A, E | PausedTooLong> => {
        if (!("waitUntil" in result)) return request(Duration.millis(result.paused))
        call = undefined
        return tooLong(result.waitUntil - result.at)
      }

      const tick = Effect.sync(() => queue.tick(nowMillis()))
      /** Waits for the signal of the call, for at most `timer` milliseconds. */
      const waitFor = (signal: Latch.Latch, timer: number): Effect.Effect<void> =>
        Effect.acquireUseRelease(
          Effect.forkDetach(
            Effect.interruptible(Effect.andThen(Effect.sleep(timer), Effect.andThen(tick, signal.open)))
          ),
          () => signal.await,
          Fiber.interrupt
        )
      const wait = (call: pacing.QueuedCall, signal: Latch.Latch): Effect.Effect<A, E | PausedTooLong> =>
        Effect.suspend(() => {
          signal.closeUnsafe()
          const now = nowMillis()
          const next = call.next(now)
          if ("at" in next) return proceed(next)
          const again = wait(call, signal)
          if ("waitEvent" in next) {
            const { reason, until, waiting } = next.waitEvent
            return Effect.andThen(onWait({ reason, delay: Duration.millis(Math.ceil(until - now)), waiting }), again)
          }
          if (next.timer === undefined) return Effect.andThen(signal.await, again)
          return Effect.andThen(next.timer > 0 ? waitFor(signal, next.timer) : tick, again)
        })

      // the finalizer is there before the call enters, so that no interruption leaves it in the queue
      const entered = Effect.suspend(() => {
        const now = nowMillis()
        call = queue.enter({
          now,
          maxPause: Duration.toMillis(maxPause),
          maxWait: Duration.toMillis(maxWait),
          urgent,
          signal: () => latch?.openUnsafe()
        })
        const result = call.result(now)
        if (result !== undefined) return proceed(result)
        latch = Latch.makeUnsafe(false)
        return wait(call, latch)
      })
      const leave = Effect.sync(() => call?.leave(nowMillis(), outcome()))
      return Effect.ensuring(entered, leave)
    })

  return {
    withPermit,
    estimate: (requests) =>
      Clock.clockWith((clock) => Effect.succeed(estimated(queue.estimate(requests, clock.currentTimeMillisUnsafe()))))
  }
}

const estimated = ({ isPaused, millis, ...rest }: ReturnType<typeof pacing.estimate>): LimiterEstimate => ({
  ...rest,
  duration: Duration.millis(millis),
  isPaused
})

/** Returns the estimate of a limiter. Without its own, assumes a burst of ten requests, then ten requests a minute. */
export const estimate = (limiter: OperationLimiter, requests: number): Effect.Effect<LimiterEstimate> =>
  limiter.estimate?.(requests) ?? Effect.succeed(estimated(pacing.estimate(pacing.adaptive(), requests, 0)))
