import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as waits from "@checkpoint-permissions/protocol/waits"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Observer } from "../observer.ts"

/**
 * Why a call waits, and for how long.
 *
 * @category models
 * @since 0.1.0
 * @see {@link tapWaits}
 */
export interface Wait {
  readonly operation: "list" | "create" | "delete"
  /**
   * `"retry"`: before it is tried again. `"hold"`: the pace holds all requests,
   * since the server takes none for now. `"turn"`: for its turn at a steady rate.
   */
  readonly reason: "retry" | "hold" | "turn"
  /** From now on; of turns, until the last of the calls that wait has had its own. */
  readonly delay: Duration.Duration
  /** How many calls wait for the pace. */
  readonly waiting: number
  /** What the last attempt failed with, before a retry. */
  readonly error?: PermissionsError | undefined
}

/** Receives every wait, in place of the log. */
export class WaitObserver extends Context.Reference<WaitObserver>()("@checkpoint-permissions/client/WaitObserver", {
  defaultValue: (): Observer<Wait> | undefined => undefined
}) {}

/**
 * Tells an observer in fibers of its own, one wait after the other: a slow
 * observer does not hold up the queue that the call waits in.
 */
export const beside = (observe: Observer<Wait>) => {
  const fibers: Array<Fiber.RuntimeFiber<void>> = []
  return {
    tell: (wait: Wait): Effect.Effect<void> =>
      Effect.uninterruptibleMask((restore) => {
        const last = fibers.at(-1)
        const told = last === undefined ? observe(wait) : Effect.zipRight(Fiber.join(last), observe(wait))
        return Effect.map(Effect.fork(restore(told)), (fiber) => void fibers.push(fiber))
      }),
    /** All of it was told. */
    told: Effect.suspend(() => Fiber.joinAll(fibers)),
    stop: Effect.suspend(() => Fiber.interruptAll(fibers))
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
