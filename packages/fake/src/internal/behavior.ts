/**
 * The settings of a server as data, and their checks. `D` is the type of a duration: milliseconds, or the type of
 * another package.
 */
import { InvalidSetting } from "../invalidSetting.ts"
import * as Check from "./checks.ts"
import { type Operation, operations } from "./faults/model.ts"

/**
 * A scope of a key: `api.fine_tuning.checkpoints.read` lists, `api.fine_tuning.checkpoints.write` creates and deletes.
 *
 * @category keys
 */
export type Scope = "api.fine_tuning.checkpoints.read" | "api.fine_tuning.checkpoints.write"

/**
 * A key of the setting `keys`. Make one with `adminKey`, `readOnlyKey`, `ordinaryKey` or `projectKey`.
 *
 * A key with a scope is an admin key, and works under `/organization` too. A key without scopes is an ordinary key, for
 * the models and fine-tuning jobs of its project.
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
 * A value for every route, or values by operation. Routes without a value have the default.
 *
 * @category rate
 */
export type PerRoute<A> = A | { readonly [O in Operation]?: A | undefined }

/**
 * The limit on requests: a token bucket that starts full.
 *
 * @category rate
 */
export interface Rate<D = number> {
  /** The number of calls restored in `per`; more than 0. */
  readonly requests: number
  /** The time in which `requests` calls are restored; more than 0. */
  readonly per: D
  /** The largest number of saved calls, also at the start; at least 1. Default: `requests`. */
  readonly burst?: number | undefined
  /**
   * A bucket for each operation (`"endpoint"`, the default), one for all, or one for lists and deletes of permissions
   * together. The lists of models and jobs, which take an ordinary key, have no quota.
   */
  readonly scope?: "endpoint" | "shared" | "list-delete" | undefined
  /** `continuous` (the default), or `window`: all `requests` calls are restored each time `per` has passed. */
  readonly refill?: "continuous" | "window" | undefined
  /**
   * True if a refused call costs too (the default): it takes the part of a call that was restored. A client that always
   * calls sooner than `per / requests` never succeeds. It has no effect on `"window"`.
   */
  readonly countRefused?: boolean | undefined
  /** The header of a 429 with the time to wait. Default: none. */
  readonly headers?: PerRoute<"none" | "retry-after" | "retry-after-ms" | "http-date"> | undefined
  /** The text of a 429: to slow down (the default), or that the limit of the route is reached. */
  readonly text?: PerRoute<"slow-down" | "rate-limit-reached"> | undefined
}

/**
 * A duration that is drawn for each request, uniformly from `min` to `max`.
 *
 * @category models
 */
export interface Range<D = number> {
  readonly min: D
  readonly max: D
}

/**
 * All settings of a server.
 *
 * @category models
 */
export interface ServerBehavior<D = number> {
  /** Granting a project that has access: returns the existing permission, makes a second one, 409, or 400. */
  readonly regrant: "existing" | "second" | "conflict" | "bad-request"
  /** A create with one refused project: does nothing, or grants the others. Both reply with the refusal. */
  readonly partialCreate: "nothing" | "others"
  /** A `limit` over the largest of its list: lowered silently, or 400. */
  readonly overLimit: "clamp" | "bad-request"
  /** A `limit` below 1: 400, or the default. */
  readonly underLimit: "bad-request" | "default"
  /** Deleting a permission, or model permissions, that do not exist: 404, or 200 with `deleted` false or true. */
  readonly deleteGone: "not-found" | "deleted-false" | "deleted-true"
  /**
   * An `after` or `before` that does not exist: 400, 404, an empty last page, or the list as if it was not given.
   */
  readonly unknownAfter: "bad-request" | "not-found" | "empty-page" | "restart"
  /**
   * Pages shorter than `limit` with `has_more: true`. Never; half of it for every second listing; or sizes drawn from a
   * seed. With `filter-after-limit`, `project_id` applies after the page was cut. That can leave it empty, with a
   * `last_id` that is not on it.
   */
  readonly shortPages: "never" | "every-other" | "filter-after-limit" | { readonly seed: number }
  /** The time until a listing shows a write. Default: 0. */
  readonly listingLag: D
  readonly defaultLimit: number
  /** The largest `limit` of a listing of permissions, jobs or job checkpoints; elsewhere 100. Default: 100. */
  readonly maxLimit: number
  /** The largest number of projects of a create; more get 400. Default: 100. */
  readonly maxProjects: number
  /** The project that owns each checkpoint: it cannot be granted or revoked (400), and is not listed. */
  readonly owners: Readonly<Record<string, string>>
  /** The accepted keys. Default: any. */
  readonly keys: "any" | ReadonlyArray<Key>
  /**
   * A key that is not in the list `keys`: refused (the default), or judged by its prefix. `sk-admin-` is an admin key,
   * any other an ordinary key of `defaultProject`.
   */
  readonly unknownKeys: "refuse" | "by-prefix"
  readonly missingScopeStatus: 401 | 403
  /** A checkpoint that was neither seeded, owned, granted nor named in `checkpoints`: accepted, or 404. */
  readonly unknownCheckpoints: "accept" | "not-found"
  /** Checkpoints that exist though they have no permissions, for `unknownCheckpoints: "not-found"`. */
  readonly checkpoints: ReadonlyArray<string>
  /** The checkpoints of a fine-tuning job that does not exist, or of another project: 404, or an empty page. */
  readonly unknownJobs: "not-found" | "empty-page"
  /** The project of jobs, ordinary keys and audit events without one. Default: `proj_default`. */
  readonly defaultProject: string
  /** Granted models in the project's list of models. */
  readonly grantedModels: "visible" | "hidden"
  /** Models that the project's model permissions exclude, in its list of models. */
  readonly excludedModels: "visible" | "hidden"
  /** The model permissions of a project that has none: an empty deny list, an empty allow list, or 404. */
  readonly unsetModelPermissions: "deny-none" | "allow-none" | "not-found"
  /**
   * The audit log: on, off (403), or empty. Changes while it is not on are not in it later.
   */
  readonly auditLog: "on" | "off" | "empty"
  /** The time until the audit log shows an event, drawn for each if it is a range. Default: 0. */
  readonly auditLag: D | Range<D>
  /** The time after which the audit log no longer shows an event. Default: unlimited. */
  readonly auditReach: "unlimited" | D
  /**
   * The actor of a change through the API: a session of the key's owner, or the key. A service account has no session,
   * so its key is the actor in both cases.
   */
  readonly auditActor: "session" | "api-key"
  /** The id of a key in the audit log: that of the list of admin keys, another, or none. */
  readonly auditKeyIds: "listed" | "other" | "absent"
  /** The field `object` of pages under `/organization` and of jobs. Other pages always have it. */
  readonly pageObject: "list" | "absent"
  /** The share of dashboard changes that leave an event, from 0 (default) to 1; drawn for each. */
  readonly dashboardEvents: number
  /** True if a grant or a delete that changes nothing leaves an event. Default: false. */
  readonly repeatEvents: boolean
  /** The ids that the filter `resource_ids[]` of the audit log compares with. Default: the permission's alone. */
  readonly auditResources: ReadonlyArray<"permission" | "checkpoint" | "project">
  /** The quota. Default: none. */
  readonly rate: "unlimited" | Rate<D>
  /** The time between the arrival of a request and its execution. Default: 0. */
  readonly latency: D | Range<D>
  /** The time between the execution and the reply. Default: 0. */
  readonly replyLatency: D | Range<D>
}

/**
 * Some of the settings. Missing or `undefined` ones stay as they are.
 *
 * @category models
 */
export type Settings<D = number> = {
  readonly [K in keyof ServerBehavior<D>]?: ServerBehavior<D>[K] | undefined
}

/**
 * The values of the settings for undocumented questions, for tests that must pass whichever way the server behaves.
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
  grantedModels: ["visible", "hidden"],
  excludedModels: ["visible", "hidden"],
  unsetModelPermissions: ["deny-none", "allow-none", "not-found"],
  auditLog: ["on", "off", "empty"],
  auditActor: ["session", "api-key"],
  auditKeyIds: ["listed", "other", "absent"],
  pageObject: ["list", "absent"]
} as const

/** Checks the text of a key. The reason does not repeat the secret. */
const keyText: Check.Check = (value, field) => {
  if (typeof value === "string" && /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)) return
  throw new InvalidSetting(field, "expected a key that a header can carry: printable ASCII, no space at either end")
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

/** The checks of the settings whose values are not only words. */
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
          scopes: Check.list(
            "scopes",
            Check.oneOf("api.fine_tuning.checkpoints.read", "api.fine_tuning.checkpoints.write")
          )
        },
        optional: { id: Check.filled, project: Check.projectId }
      })
    )
  ),
  unknownKeys: Check.oneOf("refuse", "by-prefix"),
  missingScopeStatus: Check.oneOf(401, 403),
  unknownCheckpoints: Check.oneOf("accept", "not-found"),
  checkpoints: Check.list("checkpoints", Check.checkpointId),
  defaultProject: Check.projectId,
  auditLag: delay,
  auditReach: reach,
  dashboardEvents: Check.share,
  repeatEvents: Check.boolean,
  auditResources: Check.list("resources", Check.oneOf("permission", "checkpoint", "project")),
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
        scope: Check.oneOf("endpoint", "shared", "list-delete"),
        refill: Check.oneOf("continuous", "window"),
        countRefused: Check.boolean,
        headers: perRoute("none", "retry-after", "retry-after-ms", "http-date"),
        text: perRoute("slow-down", "rate-limit-reached")
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
