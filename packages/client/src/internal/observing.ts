/** Logs waits, and runs observers of waits and replies beside a call. */
import * as waits from "@checkpoint-permissions/protocol/waits"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Observer, Reply, Wait } from "./callOptions.ts"

/** Returns an observer that logs the waits of one operation. */
export const logWaits = (): Observer<Wait> => {
  const log = waits.log()
  return ({ delay, error, ...wait }) =>
    Effect.clockWith((clock) => {
      const shown = { ...wait, delay: Duration.toMillis(delay), error: error?.message }
      const line = log(shown, clock.unsafeCurrentTimeMillis())
      if (line === undefined) return Effect.void
      const write = line.level === "warning" ? Effect.logWarning : Effect.logDebug
      return Effect.annotateLogs(write(line.text), { operation: wait.operation })
    })
}

/**
 * Runs an observer in a separate fiber, so that a slow observer does not delay the queue. While it is busy, only the
 * newest wait is kept.
 */
export const beside = (observe: Observer<Wait>) => {
  let fiber: Fiber.RuntimeFiber<void> | undefined
  let isBusy = false
  let next: Wait | undefined
  const run = (wait: Wait): Effect.Effect<void> =>
    Effect.flatMap(observe(wait), () => {
      const newest = next
      next = undefined
      isBusy = newest !== undefined
      return newest === undefined ? Effect.void : run(newest)
    })
  return {
    observe: (wait: Wait): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (isBusy) {
          next = wait
          return Effect.void
        }
        isBusy = true
        return Effect.uninterruptible(
          Effect.map(Effect.forkDaemon(Effect.interruptible(run(wait))), (forked) => {
            fiber = forked
          })
        )
      }),
    /** Completes when the observer has ended. */
    done: Effect.suspend(() => {
      next = undefined
      return fiber === undefined ? Effect.void : Fiber.join(fiber)
    }),
    /** Interrupts the observer: it does not outlive its call. */
    stop: Effect.suspend(() => (fiber === undefined ? Effect.void : Effect.asVoid(Fiber.interrupt(fiber))))
  }
}

/** Runs an observer of the reply after the attempt, even if the attempt was interrupted after the head arrived. */
export const afterReply = <A, E>(
  attempt: Effect.Effect<A, E>,
  observe: Observer<Reply>,
  replyOf: () => Reply | undefined
): Effect.Effect<A, E> => {
  let isObserved = false
  const observed = Effect.suspend(() => {
    const reply = replyOf()
    if (reply === undefined || isObserved) return Effect.void
    isObserved = true
    return observe(reply)
  })
  return Effect.onInterrupt(afterwards(attempt, observed), () => observed)
}

/** Runs an effect after another one, whether that succeeded or failed. */
export const afterwards = <A, E>(self: Effect.Effect<A, E>, then: Effect.Effect<void>): Effect.Effect<A, E> =>
  Effect.matchEffect(self, {
    onFailure: (error) => Effect.zipRight(then, Effect.fail(error)),
    onSuccess: (value) => Effect.as(then, value)
  })
