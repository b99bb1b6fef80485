/**
 * How fast requests go out: as they come, at a fixed rate, or at a rate that is learned from what the server refuses.
 *
 * A service has one rate limiter for each operation, shared by all its fibers, since the server counts each operation
 * separately. Two services have two of each.
 *
 * @since 0.1.0
 */
import * as pacing from "@checkpoint-permissions/protocol/pacing"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { make, type Pacing } from "./internal/limiter.ts"

export type {
  AcquireOptions,
  LimiterEstimate,
  LimiterWait,
  Operation,
  OperationLimiter,
  Pacing,
  PausedTooLong,
  Permit,
  PermitOutcome
} from "./internal/limiter.ts"

/**
 * No rate limiter: every request goes immediately.
 *
 * @category constructors
 */
export const none: Pacing = {
  make: () => ({
    acquire: () => Effect.succeed({ waited: Duration.zero, paused: Duration.zero, release: () => Effect.void }),
    estimate: () => Effect.succeed({ basis: "configured", duration: Duration.zero, isPaused: false, refused: 0 })
  })
}

/**
 * Learns the rate that the server allows: the default.
 *
 * Until a request is refused it only limits how many are under way at once. After a refusal all requests are paused for
 * as long as the server asks for, or for a second; then one request goes alone, and if it is accepted the others
 * follow. A rate is measured only from what the server accepts between two refusals. Until then `estimate` assumes ten
 * requests a minute, ten of them at once.
 *
 * @category constructors
 */
export const adaptive: Pacing = { make: () => make(pacing.adaptive) }

/**
 * The rate that a server is known to allow.
 *
 * @category models
 */
export interface FixedOptions {
  /** How many requests the server takes in `per`. */
  readonly requests: number
  /** In which time, such as `"1 minute"`. */
  readonly per: Duration.Input
  /**
   * The size of a bucket of tokens, which is full at the start and refills one by one. Left out: never more than
   * `requests` in any stretch of `per`, which no server refuses, whether it counts in windows or not.
   */
  readonly burst?: number | undefined
}

/**
 * Goes at a rate that is known, and is not refused if the rate is right.
 *
 * Options that make no rate (`requests` or `burst` below 1, a `per` that is no time) are refused as `InvalidInputError`
 * when the service is made.
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
  const { burst, requests } = options
  const per = Option.getOrUndefined(Option.map(Duration.fromInput(options.per), Duration.toMillis))
  const problem = pacing.refuseFixed({ requests, per, burst })
  if (problem === undefined && per !== undefined)
    return { make: () => make(() => pacing.fixed({ requests, per, burst })) }
  return { problem, make: () => ({ acquire: () => Effect.die(`refused rate: ${problem}`) }) }
}
