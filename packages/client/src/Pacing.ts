/**
 * How fast requests go out: as they come, at a rate that is told, or at a rate
 * that is learned from what the server refuses.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as internalAdaptive from "./internal/paceAdaptive.ts"
import * as internalFixed from "./internal/paceFixed.ts"
import * as internalQueue from "./internal/paceQueue.ts"

/**
 * What became of a request whose turn it was.
 *
 * @category models
 * @since 0.1.0
 */
export interface Outcome {
  /**
   * `"limited"` for a 429 that is worth a retry; `"unknown"` when it cannot be
   * told whether the server counted the request (no reply, or interrupted); any
   * other reply is `"accepted"`, an error too: it was not refused for its number.
   */
  readonly status: "accepted" | "limited" | "unknown"
  /** The wait that a 429 asks for. */
  readonly retryAfter?: Duration.Duration | undefined
  /** `x-ratelimit-limit-requests`. */
  readonly limit?: number | undefined
  /** `x-ratelimit-remaining-requests`. */
  readonly remaining?: number | undefined
  /** `x-ratelimit-reset-requests`. */
  readonly reset?: Duration.Duration | undefined
}

/**
 * The pace of one operation, shared by all fibers.
 *
 * @category models
 * @since 0.1.0
 */
export interface Pace {
  /**
   * Waits for a turn, first come first served, and answers how long it waited.
   * Who is interrupted while waiting gives the place back at no cost to the others.
   */
  readonly take: Effect.Effect<Duration.Duration>
  /** What became of the request whose turn it was: once for each `take`, also after an interruption (`"unknown"`). */
  readonly report: (outcome: Outcome) => Effect.Effect<void>
  /** How long that many further requests take at the present pace. */
  readonly estimate: (requests: number) => Effect.Effect<Duration.Duration>
}

/**
 * Makes the paces of a service: one for each operation, since the server counts
 * each apart.
 *
 * @category models
 * @since 0.1.0
 */
export interface Pacing {
  readonly make: Effect.Effect<Pace>
  /** A pace that must know for which operation it is; used instead of `make` where there is one. */
  readonly makeFor?: ((operation: "list" | "create" | "delete") => Effect.Effect<Pace>) | undefined
  /** Why it cannot be used, in one line, when its options were wrong. The service is then refused as `InvalidInput`. */
  readonly problem?: string | undefined
}

/**
 * No pacing: every request goes at once.
 *
 * @example
 * ```ts
 * import { Pacing } from "@checkpoint-permissions/client"
 *
 * const options = { pacing: Pacing.none }
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const none: Pacing = {
  make: /* @__PURE__ */ Effect.succeed({
    take: /* @__PURE__ */ Effect.succeed(Duration.zero),
    report: () => Effect.void,
    estimate: () => Effect.succeed(Duration.zero)
  })
}

/**
 * Learns the rate that the server allows: the default.
 *
 * It begins with one request at a time and lets more go together as they are
 * answered, so that a first wave is not refused. After a 429 nothing goes out
 * until the server can be expected to take a request again, and from then on as
 * many as it takes. A wait that the server asks for (`Retry-After`) is kept by
 * all. Before anything is known, `estimate` supposes ten requests a minute, ten
 * of them at once.
 *
 * @example
 * ```ts
 * import { Pacing } from "@checkpoint-permissions/client"
 *
 * const options = { pacing: Pacing.adaptive }
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const adaptive: Pacing = { make: internalQueue.make(internalAdaptive.adaptive) }

/**
 * The rate that a server is known to allow.
 *
 * @category models
 * @since 0.1.0
 */
export interface FixedOptions {
  /** How many requests the server takes in `per`. */
  readonly requests: number
  readonly per: Duration.DurationInput
  /**
   * Given: the server saves up so many requests, gives them back one by one, and
   * has all of them at the start. Left out: never more than `requests` in any
   * stretch of `per`, which no server refuses, whether it counts in windows or not.
   */
  readonly burst?: number | undefined
}

const problemOf = (options: FixedOptions): string | undefined => {
  const per = Duration.toMillis(options.per)
  if (!(Number.isFinite(options.requests) && options.requests >= 1)) {
    return `requests is ${options.requests}: pass how many requests are allowed, 1 or more`
  }
  if (!(Number.isFinite(per) && per > 0))
    return 'per is not a time: pass for how long `requests` are allowed, such as "1 minute"'
  if (options.burst !== undefined && !(Number.isFinite(options.burst) && options.burst >= 1)) {
    return `burst is ${options.burst}: pass how many requests may go at once, 1 or more`
  }
  return undefined
}

/**
 * Goes at a rate that is told, and is not refused if the rate is right.
 *
 * Options that make no rate (`requests` or `burst` below 1, `per` of nothing) are
 * refused when the service is made.
 *
 * @example
 * ```ts
 * import { Pacing } from "@checkpoint-permissions/client"
 *
 * const options = { pacing: Pacing.fixed({ requests: 10, per: "1 minute" }) }
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const fixed = (options: FixedOptions): Pacing => {
  const problem = problemOf(options)
  if (problem !== undefined) return { ...adaptive, problem }
  const told = { requests: options.requests, per: Duration.toMillis(options.per) }
  return {
    make:
      options.burst === undefined
        ? internalQueue.make(internalFixed.anyStretch(told))
        : internalQueue.make(internalFixed.bucket(told, options.burst))
  }
}
