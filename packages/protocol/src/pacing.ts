/** When a request may go: a pace and its queue, as a state machine. Times are milliseconds. */
import * as adaptiveStrategy from "./internal/pacing/adaptive.ts"
import * as fixedStrategy from "./internal/pacing/fixed.ts"
import * as machine from "./internal/pacing/machine.ts"

export { estimate, pausedTime, step } from "./internal/pacing/machine.ts"
export type { Actions, Event, Outcome, WaitEvent } from "./internal/pacing/model.ts"
export * from "./internal/pacing/queue.ts"

/** Opaque, and plain data: a step gives a new one. */
export type State = machine.Machine

/** A rate that a server is known to allow. `requests` are 1 or more, and `per` is more than 0. */
export interface FixedOptions extends fixedStrategy.Rate {
  /**
   * The size of a bucket that is full at the start: 1 or more. Left out: never more than `requests` in any stretch of
   * `per`.
   */
  readonly burst?: number | undefined
}

/** Why options make no rate, in one line. `per` is `undefined` where it was no time. */
export const refuseFixed = ({
  burst,
  per,
  requests
}: Omit<FixedOptions, "per"> & { readonly per: number | undefined }): string | undefined => {
  if (!(Number.isFinite(requests) && requests >= 1)) {
    return `requests is ${String(requests)}: pass how many requests are allowed, 1 or more`
  }
  if (!(per !== undefined && Number.isFinite(per) && per > 0)) {
    return 'per is not a time: pass for how long `requests` are allowed, such as "1 minute"'
  }
  if (burst !== undefined && !(Number.isFinite(burst) && burst >= 1)) {
    return `burst is ${String(burst)}: pass how many requests may go at once, 1 or more`
  }
  return undefined
}

/** A pace that learns from what the server refuses. */
export const adaptive = (): State => machine.make(adaptiveStrategy.strategy, adaptiveStrategy.initial)

/** A pace that keeps a rate, and pauses after a refusal. */
export const fixed = (options: FixedOptions): State => {
  const { anyStretch, bucket, strategy } = fixedStrategy
  return machine.make(strategy, options.burst === undefined ? anyStretch(options) : bucket(options, options.burst))
}
