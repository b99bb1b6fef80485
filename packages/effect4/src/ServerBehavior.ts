/**
 * How the fake server behaves: one setting for each thing that nobody documents
 * about the API, and the limits, keys, owners, rate and latency of a server.
 * Those of `@checkpoint-permissions/fake`, with Effect's `Duration` for its
 * milliseconds.
 *
 * @since 0.1.0
 */
import type * as Fake from "@checkpoint-permissions/fake/behavior"
import type * as Duration from "effect/Duration"

export * from "@checkpoint-permissions/fake/behavior"

/**
 * How many calls the server takes, and when it gives them back.
 *
 * @example
 * ```ts effect4
 * import { FakePermissions, type ServerBehavior } from "@checkpoint-permissions/effect4"
 *
 * // what has been measured of the real server
 * const rate: ServerBehavior.Rate = { requests: 10, per: "1 minute" }
 * const layer = FakePermissions.layer({ behavior: { rate } })
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export interface Rate extends Omit<Fake.Rate, "per"> {
  /** The time in which `requests` calls are given back. */
  readonly per: Duration.Input
}

/**
 * A time that is drawn anew for each request, uniformly from `min` up to `max`.
 *
 * @category models
 * @since 0.1.0
 * @see {@link ServerBehavior}
 */
export interface Range {
  readonly min: Duration.Input
  readonly max: Duration.Input
}

/**
 * Everything about a server that can be set. A number is a time in milliseconds.
 *
 * @example
 * ```ts effect4
 * import { FakePermissions, type ServerBehavior } from "@checkpoint-permissions/effect4"
 *
 * const production: Partial<ServerBehavior.ServerBehavior> = {
 *   rate: { requests: 10, per: "1 minute" },
 *   latency: { min: "200 millis", max: "800 millis" }
 * }
 * const layer = FakePermissions.layer({ behavior: production })
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export interface ServerBehavior
  extends Omit<Fake.ServerBehavior, "auditLag" | "latency" | "listingLag" | "rate" | "replyLatency"> {
  /** The time until a listing shows a write. None by default. */
  readonly listingLag: Duration.Input
  /** The time until the audit log shows an event. None by default. */
  readonly auditLag: Duration.Input
  /** The quota; none by default. */
  readonly rate: "unlimited" | Rate
  /** Time between the arrival of a request and the work. None by default. */
  readonly latency: Duration.Input | Range
  /** Time between the work and the reply: a client that gives up in it does not know what was done. None by default. */
  readonly replyLatency: Duration.Input | Range
}

/**
 * Some of the settings; what is left out or `undefined` stays as it is.
 *
 * @category models
 * @since 0.1.0
 * @see {@link ServerBehavior}
 */
export type Settings = { readonly [K in keyof ServerBehavior]?: ServerBehavior[K] | undefined }
