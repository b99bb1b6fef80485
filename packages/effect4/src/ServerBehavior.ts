/**
 * The behavior of the fake server: one setting for each undocumented property of the API, and the limits, keys, owners,
 * rate and latency of a server. The settings are those of `@checkpoint-permissions/fake`. {@link Settings} have
 * Effect's `Duration` for milliseconds.
 */
import type * as Fake from "@checkpoint-permissions/fake/behavior"
import type * as Duration from "effect/Duration"

/** The settings of the fake itself, with durations in milliseconds. */
export type { Settings as MillisSettings } from "@checkpoint-permissions/fake/behavior"
export * from "@checkpoint-permissions/fake/behavior"

/**
 * The quota of the server, and how it refills.
 *
 * @category rate
 */
export interface Rate extends Fake.Rate<Duration.Input> {}

/** A random duration for each request, uniformly distributed from `min` to `max`. */
export interface Range extends Fake.Range<Duration.Input> {}

/**
 * Some of the settings. Missing and `undefined` ones keep their value. A number is a duration in milliseconds.
 *
 * @example
 * ```ts effect4
 * import { FakePermissions, type ServerBehavior } from "@checkpoint-permissions/effect4"
 *
 * const production: ServerBehavior.Settings = {
 *   rate: { requests: 10, per: "1 minute" },
 *   latency: { min: "200 millis", max: "800 millis" }
 * }
 * const layer = FakePermissions.layer({ behavior: production })
 * ```
 */
export type Settings = Fake.Settings<Duration.Input>
