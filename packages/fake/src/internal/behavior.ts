/**
 * The settings of a server as data, and their checks. `D` is the type of a duration: milliseconds, or the type of
 * another package.
 */
import { InvalidSetting } from "../invalidSetting.ts"
import * as Check from "./checks.ts"
import { type Operation, operations } from "./faults/fault.ts"

/** The scopes of an admin key. */
export const scopes = [
  "api.fine_tuning.checkpoints.read",
  "api.fine_tuning.checkpoints.write",
  "api.management.read",
  "api.management.write",
  "api.audit_logs.read"
] as const

/**
 * A scope of an admin key: `api.fine_tuning.checkpoints` for checkpoint permissions, `api.management` for projects, their
 * model permissions and admin keys, `api.audit_logs.read` for the audit log.
 *
 * @category keys
 */
export type Scope = (typeof scopes)[number]

/**
 * A key of the setting `keys`. Make one with `adminKey`, `readOnlyKey`, `ordinaryKey` or `projectKey`.
 *
 * A key with a scope is an admin key. A key without scopes is an ordinary key, for the models and fine-tuning jobs of its
 * project.
 *
 * @category keys
 */
export interface Key {
  readonly key: string
  readonly scopes: ReadonlyArray<Scope>
  /** The id of an admin key in the list of keys and in the audit log. Default: `key_1` for the first of `keys`, … */
  readonly id?: string | undefined
  /** The project of an ordinary key. Default: `defaultProject`. */
  readonly project?: string | undefined
}

/**
 * A value for every route, or values by operation. Routes without a value use the default.
 *
 * @category rate
 */
export type PerRoute<A> = A | { readonly [O in Operation]?: A | undefined }

/**
 * The rate limit: a token bucket that is full at the start.
 *
 * @category rate
 */
export interface Rate<D = number> {
  /** The number of calls that are restored in `per`. More than 0. */
  readonly requests: number
  /** The period in which `requests` calls are restored. More than 0. */
  readonly per: D
  /** The maximum number of saved calls, which are also available at the start. At least 1. Default: `requests`. */
  readonly burst?: number | undefined
  /**
   * The buckets: one for each operation (`"endpoint"`, the default), one for all (`"shared"`), or one for lists and
   * deletes of permissions together. Lists of models and jobs, which need an ordinary key, have no quota.
   */
  readonly scope?: "endpoint" | "shared" | "list-delete" | undefined
  /** `continuous` (the default), or `window`: all `requests` calls are restored each time `per` has passed. */
  readonly refill?: "continuous" | "window" | undefined
  /**
   * Whether a refused call costs too. It then takes the restored part of a call, so a client that always calls sooner
   * than `per / requests` never succeeds. Has no effect with `"window"`. Default: true.
   */
  readonly countRefused?: boolean | undefined
  /** The header of a 429 that contains the time to wait. Default: none. */
  readonly headers?: PerRoute<"none" | "retry-after" | "retry-after-ms" | "http-date"> | undefined
  /** The text of a 429: a request to slow down (the default), or that the limit of the route is reached. */
  readonly text?: PerRoute<"slow-down" | "rate-limit-reached"> | undefined
}

/** A duration that is drawn for each request, uniformly from `min` to `max`. */
export interface Range<D = number> {
  readonly min: D
  readonly max: D
}

/** All settings of a server. */
export interface ServerBehavior<D = number> {
  /**
   * The result of granting a project that already has access: the existing permission, a second permission, 409, or
   * 400.
   */
  readonly regrant: "existing" | "second" | "conflict" | "bad-request"
  /**
   * The effect of a create with one refused project: none, or the other projects are granted. Both reply with the
   * refusal.
   */
  readonly partialCreate: "nothing" | "others"
  /** The result of a `limit` over the maximum: it is lowered silently, or 400. */
  readonly overLimit: "clamp" | "bad-request"
  /** The result of a `limit` below 1: 400, or the default `limit`. */
  readonly underLimit: "bad-request" | "default"
  /**
   * The result of deleting a permission or model permissions that do not exist: 404, or 200 with `deleted` false or
   * true.
   */
  readonly deleteGone: "not-found" | "deleted-false" | "deleted-true"
  /**
   * The result of an `after` or `before` that does not exist: 400, 404, an empty last page, or the list without the
   * cursor.
   */
  readonly unknownAfter: "bad-request" | "not-found" | "empty-page" | "restart"
  /**
   * Pages shorter than `limit` with `has_more: true`: never, half of `limit` for every second listing, or random sizes
   * from a seed. With `filter-after-limit`, the page is cut before `project_id` is applied. It may then be empty, with
   * a `last_id` that is not on it.
   */
  readonly shortPages: "never" | "every-other" | "filter-after-limit" | { readonly seed: number }
  /** The time until a listing shows a write. Default: 0. */
  readonly listingLag: D
  readonly defaultLimit: number
  /**
   * The maximum `limit` of a listing of permissions, jobs or job checkpoints. For other listings it is 100. Default:
   * 100.
   */
  readonly maxLimit: number
  /** The maximum number of projects in a create. More get 400. Default: 100. */
  readonly maxProjects: number
  /** The project that owns each checkpoint. It cannot be granted or revoked (400), and is not listed. */
  readonly owners: Readonly<Record<string, string>>
  /** The accepted keys. Default: any. */
  readonly keys: "any" | ReadonlyArray<Key>
  /**
   * The result of a key that is not in the list `keys`: it is refused (the default), or its prefix decides. `sk-admin-`
   * is an admin key, any other an ordinary key of `defaultProject`.
   */
  readonly unknownKeys: "refuse" | "by-prefix"
  /**
   * The result for a checkpoint that was neither seeded, owned, granted nor named in `checkpoints`: accepted, or 404.
   */
  readonly unknownCheckpoints: "accept" | "not-found"
  /** Checkpoints that exist although they have no permissions, for `unknownCheckpoints: "not-found"`. */
  readonly checkpoints: ReadonlyArray<string>
  /**
   * The result of listing the checkpoints of a job that does not exist, or of another project: 404, or an empty page.
   */
  readonly unknownJobs: "not-found" | "empty-page"
  /** The project of jobs, ordinary keys and audit events that name no project. Default: `proj_default`. */
  readonly defaultProject: string
  /** The model permissions of a project for which none are set: an empty deny list, an empty allow list, or 404. */
  readonly unsetModelPermissions: "deny-none" | "allow-none" | "not-found"
  /** The audit log: on, off (403), or empty. Changes made while it is not on never appear in it. */
  readonly auditLog: "on" | "off" | "empty"
  /** The time until the audit log shows an event. A range is drawn for each event. Default: 0. */
  readonly auditLag: D | Range<D>
  /** The time after which the audit log no longer shows an event. Default: unlimited. */
  readonly auditReach: "unlimited" | D
  /**
   * The actor of a change through the API: a session of the key's owner, or the key. A service account has no session,
   * so its key is the actor in both cases.
   */
  readonly auditActor: "session" | "api-key"
  /** The field `object` of pages under `/organization` and of jobs. Other pages always have it. */
  readonly pageObject: "list" | "absent"
  /** The share of dashboard changes that leave an event, from 0 (default) to 1. It is drawn for each change. */
  readonly dashboardEvents: number
  /** Whether a grant or a delete that changes nothing leaves an event. Default: false. */
  readonly repeatEvents: boolean
  /** The quota. Default: none. */
  readonly rate: "unlimited" | Rate<D>
  /** The time between the arrival of a request and its execution. Default: 0. */
  readonly latency: D | Range<D>
  /** The time between the execution and the reply. Default: 0. */
  readonly replyLatency: D | Range<D>
}

/** Some of the settings. Missing or `undefined` settings keep their values. */
export type Settings<D = number> = {
  readonly [K in keyof ServerBehavior<D>]?: ServerBehavior<D>[K] | undefined
}

/**
 * The possible values of the settings for undocumented properties, for tests that must pass with each of them.
 *
 * @category constructors
 */
export const unknowns = {
  regrant: ["existing", "second", "conflict", "bad-request"],
  partialCreate: ["nothing", "others"],
  overLimit: ["clamp", "bad-request"],
  underLimit: ["bad-request", "default"],
  deleteGone: ["not-found", "deleted-false", "deleted-true"],
  unknownAfter: ["bad-request", "not-found", "empty-page", "restart"],
  shortPages: ["never", "every-other", "filter-after-limit"],
  unknownJobs: ["not-found", "empty-page"],
  unsetModelPermissions: ["deny-none", "allow-none", "not-found"],
  auditLog: ["on", "off", "empty"],
  auditActor: ["session", "api-key"],
  pageObject: ["list", "absent"]
} as const

/**
 * The possible values of the other settings that are words, of the scopes of a key, and of the fields of a rate.
 *
 * @category constructors
 */
export const words = {
  unknownKeys: ["refuse", "by-prefix"],
  unknownCheckpoints: ["accept", "not-found"],
  scopes,
  rate: {
    scope: ["endpoint", "shared", "list-delete"],
    refill: ["continuous", "window"],
    headers: ["none", "retry-after", "retry-after-ms", "http-date"],
    text: ["slow-down", "rate-limit-reached"]
  }
} as const

/** Checks the text of a key. The reason does not contain the key. */
const keyText: Check.Check = (value, field) => {
  if (typeof value === "string" && /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)) return
  throw new InvalidSetting(field, "expected a key that is valid in a header: printable ASCII, no space at either end")
}

const range = Check.struct("milliseconds, or an object with min and max", {
  required: { min: Check.millis, max: Check.millis }
})

const delay: Check.Check = (value, field) => {
  if (!Check.isRecord(value)) return Check.millis(value, field)
  range(value, field)
  const { max, min } = value
  if (Number(max) < Number(min)) throw Check.expected("a time that is not below min", max, `${field}.max`)
}

const reach = Check.that(
  '"unlimited", or milliseconds from 0 on',
  (value) => value === "unlimited" || (typeof value === "number" && value >= 0 && value < Number.POSITIVE_INFINITY)
)

const perRoute = (...words: ReadonlyArray<string>): Check.Check => {
  const word = Check.oneOf(...words)
  const optional = Object.fromEntries(operations.map((operation) => [operation, word]))
  return Check.literalOr(words, "an object from operation to one of these", Check.struct("an object", { optional }))
}

/** The checks of the settings that accept more than words. */
const others: { readonly [K in Exclude<keyof ServerBehavior, keyof typeof unknowns>]: Check.Check } = {
  listingLag: Check.millis,
  defaultLimit: Check.integer(1),
  maxLimit: Check.integer(1),
  maxProjects: Check.integer(1),
  owners: Check.record("an object from checkpoint to project", Check.checkpointId, Check.projectId),
  keys: Check.literalOr(
    ["any"],
    "a list of keys",
    Check.list(
      "keys",
      Check.struct("an object with key and scopes", {
        required: {
          key: keyText,
          scopes: Check.list("scopes", Check.oneOf(...scopes))
        },
        optional: { id: Check.filled, project: Check.projectId }
      })
    )
  ),
  unknownKeys: Check.oneOf(...words.unknownKeys),
  unknownCheckpoints: Check.oneOf(...words.unknownCheckpoints),
  checkpoints: Check.list("checkpoints", Check.checkpointId),
  defaultProject: Check.projectId,
  auditLag: delay,
  auditReach: reach,
  dashboardEvents: Check.share,
  repeatEvents: Check.boolean,
  rate: Check.literalOr(
    ["unlimited"],
    'an object such as {"requests": 10, "per": 60000}',
    Check.struct("an object with requests and per", {
      required: {
        requests: Check.number("a number above 0", (value) => value > 0),
        per: Check.number("milliseconds above 0", (value) => value > 0)
      },
      optional: {
        burst: Check.number("a number from 1 on", (value) => value >= 1),
        scope: Check.oneOf(...words.rate.scope),
        refill: Check.oneOf(...words.rate.refill),
        countRefused: Check.boolean,
        headers: perRoute(...words.rate.headers),
        text: perRoute(...words.rate.text)
      }
    })
  ),
  latency: delay,
  replyLatency: delay
}

const checks: Readonly<Record<string, Check.Check>> = {
  ...Object.fromEntries(Object.entries(unknowns).map(([name, words]) => [name, Check.oneOf(...words)])),
  shortPages: Check.literalOr(
    unknowns.shortPages,
    'an object such as {"seed": 1}',
    Check.struct("an object with a seed", { required: { seed: Check.anyInteger } })
  ),
  ...others
}

/** The settings that are a duration, a range of durations, or `"unlimited"`. */
export const timed = ["auditLag", "auditReach", "latency", "listingLag", "replyLatency"] as const

export const settings = Check.struct("an object of settings", { optional: checks })
