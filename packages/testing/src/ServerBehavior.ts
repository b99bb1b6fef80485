/**
 * How the fake server behaves: one setting for each thing that nobody documents about the API, and the limits, keys,
 * owners, rate and latency of a server. Those of `@checkpoint-permissions/fake`; {@link Settings} take Effect's
 * `Duration` for its milliseconds.
 *
 * @since 0.1.0
 */
import type * as Fake from "@checkpoint-permissions/fake/behavior"
import type * as Duration from "effect/Duration"

export * from "@checkpoint-permissions/fake/behavior"

/**
 * How many calls the server takes, and when it gives them back.
 *
 * @category rate
 */
export interface Rate extends Fake.Rate<Duration.DurationInput> {}

/**
 * A time that is drawn anew for each request, uniformly from `min` up to `max`.
 *
 * @category models
 */
export interface Range extends Fake.Range<Duration.DurationInput> {}

/**
 * Some of the settings; what is left out or `undefined` stays as it is. A number is a time in milliseconds.
 *
 * @example
 * ```ts
 * import { FakePermissions, type ServerBehavior } from "@checkpoint-permissions/testing"
 *
 * const production: ServerBehavior.Settings = {
 *   rate: { requests: 10, per: "1 minute" },
 *   latency: { min: "200 millis", max: "800 millis" }
 * }
 * const layer = FakePermissions.layer({ behavior: production })
 * ```
 *
 * @category models
 */
export type Settings = Fake.Settings<Duration.DurationInput>
