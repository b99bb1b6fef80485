/**
 * How fast requests go out: as they come, at a fixed rate, or at a rate that is learned from what the server refuses.
 *
 * A service has one pace for each operation, shared by all its fibers, since the server counts each operation
 * separately. Two services are two paces. The pace is the protocol's own and not Effect's `RateLimiter`, whose adaptive
 * mode takes one stray refusal for a rate.
 *
 * @since 0.1.0
 */
import * as pacing from "@checkpoint-permissions/protocol/pacing"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Any, provideReference, type WithR } from "./internal/effectOrStream.ts"
import * as internal from "./internal/pacing/pacing.ts"
import { CurrentWithoutWaiting } from "./internal/retry/region.ts"

export { CurrentWithoutWaiting }

/**
 * Makes the paces of a service. Opaque: use the constructors of this module.
 *
 * @category models
 */
export interface Pacing extends internal.Pacing {}

/**
 * No pacing: every request goes at once.
 *
 * @category constructors
 */
export const none: Pacing = internal.none

/**
 * Learns the rate that the server allows: the default.
 *
 * Until a request is refused it only limits how many are under way at once. After a refusal all requests are held for
 * as long as the server asks for, or for a second; then one request goes alone, and if it is accepted the others
 * follow. A rate is measured only from what the server accepts between two refusals. Until then `estimate` assumes ten
 * requests a minute, ten of them at once.
 *
 * @category constructors
 */
export const adaptive: Pacing = internal.make(pacing.adaptive)

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
export const fixed = ({ burst, requests, ...options }: FixedOptions): Pacing => {
  const per = Option.match(Duration.fromInput(options.per), { onNone: () => Number.NaN, onSome: Duration.toMillis })
  const problem = pacing.refuseFixed({ requests, per, burst })
  return problem === undefined ? internal.make(() => pacing.fixed({ requests, per, burst })) : internal.refused(problem)
}

/**
 * Sends the requests of an effect or a stream at once, whatever the pace says. The pace still counts them and learns
 * from their replies.
 *
 * For something urgent, such as taking access away while a long run waits for its turns.
 *
 * @category references
 */
export const withoutWaiting = <Self extends Any>(self: Self): WithR<Self> =>
  provideReference(self, CurrentWithoutWaiting, Effect.succeed(true))
