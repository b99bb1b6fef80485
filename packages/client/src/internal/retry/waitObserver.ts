import type { Notice } from "@checkpoint-permissions/protocol/pacing"
import * as waits from "@checkpoint-permissions/protocol/waits"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Wait } from "../callOptions.ts"
import type { Observer } from "../observer.ts"
import type { Operation } from "../pacing/pacing.ts"

/**
 * Tells an observer beside the call, so that a slow one does not hold up the queue that the call waits in. While it is
 * busy, only the newest wait is kept.
 */
export const waitNotices = (observe: Observer<Wait>, operation: Operation) => {
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
    tell: ({ reason, until, waiting }: Notice): Effect.Effect<void> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const wait = { operation, reason, delay: Duration.millis(Math.ceil(Math.max(0, until - now))), waiting }
        if (isBusy) {
          next = wait
          return Effect.void
        }
        isBusy = true
        return Effect.map(Effect.fork(Effect.interruptible(run(wait))), (told) => {
          fiber = told
        })
      }),
    /** Ends when what is told now was told. */
    told: (): Effect.Effect<void> => {
      next = undefined
      return fiber === undefined ? Effect.void : Fiber.join(fiber)
    }
  }
}

/** The log of one operation. */
export const logWaits = () => {
  const log = waits.log()
  return ({ delay, error, ...wait }: Wait): Effect.Effect<void> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const line = log({ ...wait, delay: Duration.toMillis(delay), error: error?.message }, now)
      if (line === undefined) return Effect.void
      const write = line.level === "warning" ? Effect.logWarning : Effect.logDebug
      return Effect.annotateLogs(write(line.text), { operation: wait.operation })
    })
}
