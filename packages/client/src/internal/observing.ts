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
      const isDisconnected = error?._tag === "ConnectionError"
      const shown = { ...wait, delay: Duration.toMillis(delay), error: error?.message, isDisconnected }
      const line = log(shown, clock.unsafeCurrentTimeMillis())
      if (line === undefined) return Effect.void
      const write = line.level === "warning" ? Effect.logWarning : Effect.logDebug
      return Effect.annotateLogs(write(line.text), { operation: wait.operation })
    })
}

/** Runs an observer of waits in fibers of its own: no call waits for it, and it ends with its call. */
export const beside = (observe: Observer<Wait>) => {
  const fibers: Array<Fiber.RuntimeFiber<void>> = []
  return {
    observe: (wait: Wait): Effect.Effect<void> =>
      Effect.uninterruptible(
        Effect.map(Effect.forkDaemon(Effect.interruptible(observe(wait))), (fiber) => void fibers.push(fiber))
      ),
    stop: Effect.suspend(() => Effect.forkDaemon(Fiber.interruptAll(fibers)))
  }
}

/** Runs an observer of the reply after the attempt, even if the attempt was interrupted after the head arrived. */
export const afterReply = <A>(
  attempt: Effect.Effect<A>,
  observe: Observer<Reply>,
  replyOf: () => Reply | undefined
): Effect.Effect<A> => {
  let isObserved = false
  const observed = Effect.suspend(() => {
    const reply = replyOf()
    if (reply === undefined || isObserved) return Effect.void
    isObserved = true
    return observe(reply)
  })
  return Effect.onInterrupt(
    Effect.tap(attempt, () => observed),
    () => observed
  )
}
