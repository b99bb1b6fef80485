/** A pace out of a machine: those who wait, first come first served, and the clock. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Outcome, Pace } from "../Pacing.ts"
import type { Machine, Report } from "./paceMachine.ts"

interface Waiter {
  readonly woken: Effect.Latch
}

/** Timers cannot be set for longer than this; who waits longer wakes up and goes on waiting. */
const longestSleep = 2 ** 30

const millis = (duration: Duration.Duration | undefined): number | undefined =>
  duration === undefined ? undefined : Duration.toMillis(duration)

const toReport = (outcome: Outcome): Report => ({
  status: outcome.status,
  retryAfter: millis(outcome.retryAfter),
  limit: outcome.limit,
  remaining: outcome.remaining,
  reset: millis(outcome.reset)
})

/**
 * A pace of its own for each call: nothing is shared with another. Where `ask` is
 * given, it has the last word: 0 to go, or how many milliseconds until it is worth
 * to ask again. Only the first of those waiting asks.
 */
export const make = <S>(machine: Machine<S>, ask?: Effect.Effect<number>): Effect.Effect<Pace> =>
  Effect.sync(() => {
    let state = machine.initial
    /** When the first of those waiting means to go. */
    let wakesAt = Number.NaN
    const waiters = new Set<Waiter>()

    const first = (): Waiter | undefined => {
      for (const waiter of waiters) return waiter
      return undefined
    }

    const leave = (waiter: Waiter): void => {
      const wasFirst = first() === waiter
      waiters.delete(waiter)
      if (wasFirst) first()?.woken.unsafeOpen()
    }

    const turn = (waiter: Waiter, since: number): Effect.Effect<Duration.Duration> =>
      Effect.clockWith((clock) => {
        waiter.woken.unsafeClose()
        const again = Effect.suspend(() => turn(waiter, since))
        if (first() !== waiter) return Effect.zipRight(waiter.woken.await, again)
        const now = clock.unsafeCurrentTimeMillis()
        wakesAt = machine.nextAt(state, now)
        const go = Effect.sync(() => {
          const then = clock.unsafeCurrentTimeMillis()
          state = machine.sent(state, then)
          leave(waiter)
          return Duration.millis(then - since)
        })
        if (wakesAt <= now) {
          if (ask === undefined) return go
          return Effect.flatMap(ask, (wait) =>
            wait <= 0 ? go : Effect.zipRight(clock.sleep(Duration.millis(wait)), again)
          )
        }
        const wait =
          wakesAt === Number.POSITIVE_INFINITY
            ? waiter.woken.await
            : Effect.raceFirst(
                waiter.woken.await,
                clock.sleep(Duration.millis(Math.min(Math.ceil(wakesAt - now), longestSleep)))
              )
        return Effect.zipRight(wait, again)
      })

    const take = Effect.clockWith((clock) => {
      const now = clock.unsafeCurrentTimeMillis()
      if (ask === undefined && waiters.size === 0 && machine.nextAt(state, now) <= now) {
        state = machine.sent(state, now)
        return Effect.succeed(Duration.zero)
      }
      const waiter: Waiter = { woken: Effect.unsafeMakeLatch(false) }
      waiters.add(waiter)
      return Effect.onInterrupt(turn(waiter, now), () => Effect.sync(() => leave(waiter)))
    })

    const report = (outcome: Outcome): Effect.Effect<void> =>
      Effect.clockWith((clock) =>
        Effect.sync(() => {
          const now = clock.unsafeCurrentTimeMillis()
          state = machine.reported(state, now, toReport(outcome))
          if (waiters.size > 0 && machine.nextAt(state, now) !== wakesAt) first()?.woken.unsafeOpen()
        })
      )

    const estimate = (requests: number): Effect.Effect<Duration.Duration> =>
      Effect.clockWith((clock) =>
        Effect.sync(() => Duration.millis(machine.estimate(state, clock.unsafeCurrentTimeMillis(), requests)))
      )

    return { take, report, estimate }
  })
