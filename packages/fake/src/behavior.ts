/**
 * The behavior of the server as plain data: a setting for each undocumented property of the API, and limits, keys,
 * owners, rate and latency. Times are in milliseconds.
 */

import * as BehaviorCheck from "./internal/behavior.ts"
import { type Key, type Range, type ServerBehavior, type Settings, scopes } from "./internal/behavior.ts"
import * as Check from "./internal/checks.ts"

export {
  type Key,
  type PerRoute,
  type Range,
  type Rate,
  type Scope,
  type ServerBehavior,
  type Settings,
  unknowns,
  words
} from "./internal/behavior.ts"

/**
 * Makes a key with all scopes.
 *
 * @category keys
 */
export const adminKey = (key: string): Key => ({ key, scopes })

/**
 * Makes an admin key that can only read. Creates, deletes and updates are refused because of the missing scope.
 *
 * @category keys
 */
export const readOnlyKey = (key: string): Key => ({ key, scopes: scopes.filter((scope) => scope.endsWith(".read")) })

/**
 * Makes an ordinary key. Every call for checkpoint permissions is refused because of the missing scopes.
 *
 * @category keys
 */
export const ordinaryKey = (key: string): Key => ({ key, scopes: [] })

/**
 * Makes the ordinary key of a project.
 *
 * @category keys
 */
export const projectKey = (key: string, project: string): Key => ({ key, scopes: [], project })

/**
 * The default behavior. A grant can be repeated, a create is all or nothing, and an unknown id is an error. Any key and
 * any checkpoint are accepted. There is no quota and no latency.
 *
 * @category constructors
 */
export const defaults: ServerBehavior = {
  regrant: "existing",
  partialCreate: "nothing",
  overLimit: "clamp",
  underLimit: "bad-request",
  deleteGone: "not-found",
  unknownAfter: "bad-request",
  shortPages: "never",
  listingLag: 0,
  defaultLimit: 10,
  maxLimit: 100,
  maxProjects: 100,
  owners: {},
  keys: "any",
  unknownKeys: "refuse",
  unknownCheckpoints: "accept",
  checkpoints: [],
  unknownJobs: "not-found",
  defaultProject: "proj_default",
  unsetModelPermissions: "deny-none",
  auditLog: "on",
  auditLag: 0,
  auditReach: "unlimited",
  auditActor: "session",
  pageObject: "list",
  dashboardEvents: 0,
  repeatEvents: false,
  rate: "unlimited",
  latency: 0,
  replyLatency: 0
}

/**
 * Throws `InvalidSetting` for an unknown name or an invalid value. Use it for settings from a file.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { behavior } from "@checkpoint-permissions/fake"
 *
 * behavior.assertSettings({ regrant: "second", latency: 200 })
 * assert.throws(() => behavior.assertSettings({ regrant: "twice" }), {
 *   name: "InvalidSetting",
 *   field: "behavior.regrant"
 * })
 * ```
 *
 * @category validation
 */
export function assertSettings(value: unknown, field = "behavior"): asserts value is Settings {
  BehaviorCheck.settings(value, field)
}

/**
 * Converts durations of settings to milliseconds. `toMillis` returns `undefined` for a value that is not a duration.
 * Throws `InvalidSetting` if a setting is invalid.
 *
 * @category constructors
 */
export const inMillis = <D>(settings: Settings<D>, toMillis: (duration: D) => number | undefined): Settings => {
  const isRange = (value: D | Range<D>): value is Range<D> =>
    Check.isRecord(value) && ("min" in value || "max" in value)
  const time = (value: D, field: string): unknown => {
    const millis = toMillis(value)
    if (millis !== undefined || typeof value !== "string") return millis ?? value
    throw Check.expected('milliseconds, or a duration such as "300 millis" or "1 minute"', value, `behavior.${field}`)
  }
  const timeOf = (name: (typeof BehaviorCheck.timed)[number]): unknown => {
    const value = settings[name]
    if (value === undefined || value === "unlimited") return value
    if (!isRange(value)) return time(value, name)
    return { ...value, min: time(value.min, `${name}.min`), max: time(value.max, `${name}.max`) }
  }
  const { rate } = settings
  const plain: unknown = {
    ...settings,
    ...Object.fromEntries(BehaviorCheck.timed.map((name) => [name, timeOf(name)])),
    rate: typeof rate === "object" ? { ...rate, per: time(rate.per, "rate.per") } : rate
  }
  assertSettings(plain)
  return plain
}

/**
 * Changes some settings of a behavior. Throws `InvalidSetting` if one is invalid.
 *
 * @category constructors
 */
export const change = (before: ServerBehavior, settings: Settings): ServerBehavior => {
  assertSettings(settings)
  const given = Object.entries(settings).filter(([, value]) => value !== undefined)
  return { ...before, ...Object.fromEntries(given) }
}
