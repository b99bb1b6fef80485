/**
 * Rate limiters: the time of the next request, and the queue of waiting calls, as a state machine. Times are
 * milliseconds.
 */
import * as adaptiveStrategy from "./internal/pacing/adaptive.ts"
import { initial } from "./internal/pacing/adaptiveState.ts"
import * as fixedStrategy from "./internal/pacing/fixed.ts"
import * as machine from "./internal/pacing/machine.ts"

export type { Actions, Event, Outcome, WaitEvent } from "./internal/pacing/limiter.ts"
export { estimate, pausedTime, step } from "./internal/pacing/machine.ts"
export * from "./internal/pacing/queue.ts"

/** A rate limiter. Opaque and immutable: a step returns a new one. */
export type State = machine.Machine

/** The rate that a server is known to allow. `requests` is at least 1, `per` is more than 0 milliseconds. */
export interface FixedOptions extends fixedStrategy.Rate {
  /** The size of a bucket that is full at the start: at least 1. Default: at most `requests` in any period of `per`. */
  readonly burst?: number | undefined
}

/**
 * Returns the reason why options are not a valid rate, in one line. Returns `undefined` if they are. `per` is `NaN` if
 * it is not a duration.
 */
export const refuseFixed = ({ burst, per, requests }: FixedOptions): string | undefined => {
  if (!(Number.isFinite(requests) && requests >= 1)) {
    return `requests is ${String(requests)}: pass the number of allowed requests, 1 or more`
  }
  if (!(Number.isFinite(per) && per > 0)) {
    return 'per is not a positive duration: pass the period of the requests, such as "1 minute"'
  }
  if (burst !== undefined && !(Number.isFinite(burst) && burst >= 1)) {
    return `burst is ${String(burst)}: pass the number of requests that may be sent at once, 1 or more`
  }
  return undefined
}

/** Makes a rate limiter that learns the rate from limited replies. */
export const adaptive = (): State => machine.make(adaptiveStrategy.strategy, initial)

/** Makes a rate limiter that keeps a rate, and pauses after a limited reply. */
export const fixed = (options: FixedOptions): State => {
  const { anyStretch, bucket, strategy } = fixedStrategy
  return machine.make(strategy, options.burst === undefined ? anyStretch(options) : bucket(options, options.burst))
}
