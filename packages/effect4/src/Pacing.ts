/**
 * Rate limiters: none, with a fixed rate, or with a rate that is learned from replies.
 *
 * A service has one rate limiter for each operation, since the server counts each operation separately. All fibers of
 * the service share it. Two services have separate rate limiters.
 */
import * as pacing from "@checkpoint-permissions/protocol/pacing"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { make, type Pacing } from "./internal/limiter.ts"

export type {
  LimiterEstimate,
  LimiterWait,
  Operation,
  OperationLimiter,
  Pacing,
  PausedTooLong,
  PermitOptions,
  PermitOutcome
} from "./internal/limiter.ts"

/**
 * No rate limiter: every request goes immediately.
 *
 * @category constructors
 */
export const none: Pacing = {
  make: () => ({
    withPermit: (request) => request(),
    estimate: () => Effect.succeed({ basis: "configured", duration: Duration.zero, isPaused: false, refused: 0 })
  })
}

/**
 * Learns the rate that the server allows: the default.
 *
 * Until a request is refused, it only limits how many are in flight. After a refusal, all requests are paused for as
 * long as the server asks for, or for a second by default. Then one request is sent alone, and if it is accepted the
 * others follow. A rate is measured only from requests that the server accepts between two refusals. Until then
 * `estimate` assumes a burst of ten requests, then ten requests a minute.
 *
 * @category constructors
 */
export const adaptive: Pacing = { make: () => make(pacing.adaptive) }

/** The rate that a server is known to allow. */
export interface FixedOptions {
  /** How many requests the server accepts in `per`: at least 1. */
  readonly requests: number
  /** The period that `requests` refers to, such as `"1 minute"`. */
  readonly per: Duration.Input
  /**
   * The size of the token bucket, which is full at the start and refills one token at a time. Default: no bucket, but
   * at most `requests` in any period of `per`, which no server with this rate refuses.
   */
  readonly burst?: number | undefined
}

const plain = ({ burst, per, requests }: FixedOptions) => ({
  requests,
  per: Option.getOrElse(Option.map(Duration.fromInput(per), Duration.toMillis), () => Number.NaN),
  burst
})

/**
 * Returns the reason why {@link fixed} refuses these options, in one line; `undefined` if it accepts them. For options
 * that a program reads from its configuration.
 *
 * @category predicates
 */
export const refuseFixed = (options: FixedOptions): string | undefined => pacing.refuseFixed(plain(options))

/**
 * Keeps a known rate. The server refuses nothing if the rate is right.
 *
 * Throws a `RangeError` for invalid options: `requests` or `burst` below 1, a `per` that is not a positive duration.
 *
 * @example
 * ```ts effect4
 * import { Pacing } from "@checkpoint-permissions/effect4"
 *
 * const options = { pacing: Pacing.fixed({ requests: 10, per: "1 minute" }) }
 * ```
 *
 * @category constructors
 */
export const fixed = (options: FixedOptions): Pacing => {
  const reason = refuseFixed(options)
  if (reason !== undefined) throw new RangeError(reason)
  return { make: () => make(() => pacing.fixed(plain(options))) }
}
