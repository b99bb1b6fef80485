/**
 * How the server behaves, as plain data: one setting for each thing that nobody
 * documents about the API, and the limits, keys, owners, rate and latency of a
 * server. Times are in milliseconds.
 *
 * @since 0.1.0
 */
import { refuseCheckpoint, refuseProject } from "@checkpoint-permissions/protocol/identifiers"
import * as Check from "./internal/checks.ts"
import { InvalidSetting } from "./invalidSetting.ts"

/**
 * What a key may do: `api.fine_tuning.checkpoints.read` lists,
 * `api.fine_tuning.checkpoints.write` creates and deletes.
 *
 * @category keys
 * @since 0.1.0
 */
export type Scope = "api.fine_tuning.checkpoints.read" | "api.fine_tuning.checkpoints.write"

/**
 * A key that the server knows. Make one with {@link adminKey},
 * {@link readOnlyKey} or {@link ordinaryKey}.
 *
 * @category keys
 * @since 0.1.0
 */
export interface Key {
  readonly key: string
  readonly scopes: ReadonlyArray<Scope>
}

/**
 * A key that may do everything.
 *
 * @example
 * ```ts
 * import { behavior, makeFetch } from "@checkpoint-permissions/fake"
 *
 * const fetch = makeFetch({ behavior: { keys: [behavior.adminKey("sk-admin-test")] } })
 * ```
 *
 * @category keys
 * @since 0.1.0
 */
export const adminKey = (key: string): Key => ({
  key,
  scopes: ["api.fine_tuning.checkpoints.read", "api.fine_tuning.checkpoints.write"]
})

/**
 * A key that may list; a create or a delete is refused for its missing scope.
 *
 * @category keys
 * @since 0.1.0
 */
export const readOnlyKey = (key: string): Key => ({ key, scopes: ["api.fine_tuning.checkpoints.read"] })

/**
 * An ordinary project key: the server knows it, and refuses it every call for
 * its missing scopes.
 *
 * @category keys
 * @since 0.1.0
 */
export const ordinaryKey = (key: string): Key => ({ key, scopes: [] })

/**
 * How many calls the server takes: a token bucket that starts full.
 *
 * @category rate
 * @since 0.1.0
 */
export interface Rate {
  /** Calls given back in `per`; more than 0. */
  readonly requests: number
  /** Milliseconds in which `requests` calls are given back; more than 0. */
  readonly per: number
  /** The most calls that are saved up, and what there is at the start; at least 1. `requests` by default. */
  readonly burst?: number | undefined
  /** A bucket for each of list, create and delete (`"endpoint"`, the default), or one for all. */
  readonly scope?: "endpoint" | "shared" | undefined
  /**
   * Given back continuously (the default), or `requests` at once each time `per`
   * has passed since the start.
   */
  readonly refill?: "continuous" | "window" | undefined
  /**
   * Whether a refused call costs too, `true` by default: it takes the part of a
   * call that had been given back. A client that always calls sooner than
   * `per / requests` is never let through. It makes no difference to `"window"`.
   */
  readonly countRefused?: boolean | undefined
  /** Which header of a 429 says how long to wait; none by default, as on the real server. */
  readonly headers?: "none" | "retry-after" | "retry-after-ms" | "http-date" | undefined
}

/**
 * A time that is drawn anew for each request, uniformly from `min` up to `max`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Range {
  readonly min: number
  readonly max: number
}

/**
 * Everything about a server that can be set.
 *
 * @category models
 * @since 0.1.0
 */
export interface ServerBehavior {
  /** Granting a project that has access: returns the permission there is, makes a second one, 409, or 400. */
  readonly regrant: "existing" | "second" | "conflict" | "bad-request"
  /** A create of which one project is refused: nothing is done, or the others are. Both reply with the refusal. */
  readonly partialCreate: "nothing" | "others"
  /** A `limit` over `maxLimit`: lowered silently, or 400. */
  readonly overLimit: "clamp" | "bad-request"
  /** Deleting a permission that is not there: 404, or 200 with `deleted` false or true. */
  readonly deleteGone: "not-found" | "deleted-false" | "deleted-true"
  /** An `after` that is not there: 400, 404, an empty last page, or the first page again. */
  readonly unknownAfter: "bad-request" | "not-found" | "empty-page" | "restart"
  /**
   * Whether a page can be shorter than `limit` though `has_more` is true: never;
   * half of it for every second listing; a share drawn from a seed for each
   * listing; or `project_id` applied after the page was cut, which can leave it
   * empty, with a `last_id` that is not on it.
   */
  readonly shortPages: "never" | "every-other" | "filter-after-limit" | { readonly seed: number }
  /** Milliseconds until a listing shows a write. 0. */
  readonly listingLag: number
  /** Permissions on a page if no `limit` is given. 10. */
  readonly defaultLimit: number
  /** The largest `limit`. 100. */
  readonly maxLimit: number
  /** The most projects that a create takes; more is 400. 100. */
  readonly maxProjects: number
  /** The project that owns each checkpoint: it cannot be granted or revoked (400), and is not listed. */
  readonly owners: Readonly<Record<string, string>>
  /** The keys that the server knows; by default it takes any key. */
  readonly keys: "any" | ReadonlyArray<Key>
  /** The status of a missing scope. 401. */
  readonly missingScopeStatus: 401 | 403
  /** A checkpoint that was neither seeded, owned, granted nor named in `checkpoints`: accepted, or 404. */
  readonly unknownCheckpoints: "accept" | "not-found"
  /** Checkpoints that exist though they have no permissions, for `unknownCheckpoints: "not-found"`. */
  readonly checkpoints: ReadonlyArray<string>
  /** The quota; none by default. */
  readonly rate: "unlimited" | Rate
  /** Milliseconds between the arrival of a request and its execution. 0. */
  readonly latency: number | Range
  /** Milliseconds between the execution and the reply. 0. */
  readonly replyLatency: number | Range
}

/**
 * Some of the settings; what is left out or `undefined` stays as it is.
 *
 * @category models
 * @since 0.1.0
 */
export type Settings = { readonly [K in keyof ServerBehavior]?: ServerBehavior[K] | undefined }

/**
 * A sensible server: a grant can be repeated, a create is all or nothing, what
 * is not there is an error, any key and any checkpoint are accepted, no quota
 * and no latency.
 *
 * @category constructors
 * @since 0.1.0
 */
export const defaults: ServerBehavior = {
  regrant: "existing",
  partialCreate: "nothing",
  overLimit: "clamp",
  deleteGone: "not-found",
  unknownAfter: "bad-request",
  shortPages: "never",
  listingLag: 0,
  defaultLimit: 10,
  maxLimit: 100,
  maxProjects: 100,
  owners: {},
  keys: "any",
  missingScopeStatus: 401,
  unknownCheckpoints: "accept",
  checkpoints: [],
  rate: "unlimited",
  latency: 0,
  replyLatency: 0
}

/**
 * The values of the settings that stand for what nobody documents, for tests
 * that must pass whichever way the server behaves.
 *
 * @example
 * ```ts
 * import { behavior, makeFetch } from "@checkpoint-permissions/fake"
 *
 * const servers = behavior.unknowns.regrant.map((regrant) => makeFetch({ behavior: { regrant } }))
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const unknowns = {
  regrant: ["existing", "second", "conflict", "bad-request"],
  partialCreate: ["nothing", "others"],
  overLimit: ["clamp", "bad-request"],
  deleteGone: ["not-found", "deleted-false", "deleted-true"],
  unknownAfter: ["bad-request", "not-found", "empty-page", "restart"],
  shortPages: ["never", "every-other", "filter-after-limit"]
} as const

const checkpointId = Check.id(refuseCheckpoint)
const projectId = Check.id(refuseProject)

/** The value is a secret: the reason does not repeat it. */
const keyText: Check.Check = (value, field) =>
  typeof value === "string" && /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)
    ? undefined
    : new InvalidSetting(field, "expected a key that a header can carry: printable ASCII, no space at either end")

const range = Check.struct("milliseconds, or an object with min and max", {
  required: { min: Check.millis, max: Check.millis }
})

const delay: Check.Check = (value, field) => {
  if (!Check.isRecord(value)) return Check.millis(value, field)
  return (
    range(value, field) ??
    Check.number("at least min", (max) => typeof value["min"] === "number" && max >= value["min"])(
      value["max"],
      `${field}.max`
    )
  )
}

const positive = Check.number("a number above 0", (value) => value > 0)

/** What each setting may be. */
const checks: { readonly [K in keyof ServerBehavior]: Check.Check } = {
  regrant: Check.oneOf(...unknowns.regrant),
  partialCreate: Check.oneOf(...unknowns.partialCreate),
  overLimit: Check.oneOf(...unknowns.overLimit),
  deleteGone: Check.oneOf(...unknowns.deleteGone),
  unknownAfter: Check.oneOf(...unknowns.unknownAfter),
  shortPages: Check.literalOr(
    unknowns.shortPages,
    'an object such as {"seed": 1}',
    Check.struct("an object with a seed", { required: { seed: Check.anyInteger } })
  ),
  listingLag: Check.millis,
  defaultLimit: Check.integer(1),
  maxLimit: Check.integer(1),
  maxProjects: Check.integer(1),
  owners: Check.record("an object from checkpoint to project", checkpointId, projectId),
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
        }
      })
    )
  ),
  missingScopeStatus: Check.oneOf(401, 403),
  unknownCheckpoints: Check.oneOf("accept", "not-found"),
  checkpoints: Check.list("checkpoints", checkpointId),
  rate: Check.literalOr(
    ["unlimited"],
    'an object such as {"requests": 10, "per": 60000}',
    Check.struct("an object with requests and per", {
      required: { requests: positive, per: positive },
      optional: {
        burst: Check.number("a number from 1 on", (value) => value >= 1),
        scope: Check.oneOf("endpoint", "shared"),
        refill: Check.oneOf("continuous", "window"),
        countRefused: Check.boolean,
        headers: Check.oneOf("none", "retry-after", "retry-after-ms", "http-date")
      }
    })
  ),
  latency: delay,
  replyLatency: delay
}

const settingsCheck = Check.struct("an object of settings", { optional: checks })

/**
 * Throws {@link InvalidSetting} if a value is not settings: a name that is no
 * setting, or a value that makes no sense. For settings that come from a file.
 *
 * @category validation
 * @since 0.1.0
 */
export function assertSettings(value: unknown, field = "behavior"): asserts value is Settings {
  Check.assertValid(settingsCheck, value, field)
}

/**
 * A behavior with some settings changed. Throws `InvalidSetting` if one makes
 * no sense.
 *
 * @example
 * ```ts
 * import { behavior } from "@checkpoint-permissions/fake"
 *
 * const strict = behavior.change(behavior.defaults, { regrant: "conflict", overLimit: "bad-request" })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const change = (before: ServerBehavior, settings: Settings): ServerBehavior => {
  assertSettings(settings)
  return {
    regrant: settings.regrant ?? before.regrant,
    partialCreate: settings.partialCreate ?? before.partialCreate,
    overLimit: settings.overLimit ?? before.overLimit,
    deleteGone: settings.deleteGone ?? before.deleteGone,
    unknownAfter: settings.unknownAfter ?? before.unknownAfter,
    shortPages: settings.shortPages ?? before.shortPages,
    listingLag: settings.listingLag ?? before.listingLag,
    defaultLimit: settings.defaultLimit ?? before.defaultLimit,
    maxLimit: settings.maxLimit ?? before.maxLimit,
    maxProjects: settings.maxProjects ?? before.maxProjects,
    owners: settings.owners ?? before.owners,
    keys: settings.keys ?? before.keys,
    missingScopeStatus: settings.missingScopeStatus ?? before.missingScopeStatus,
    unknownCheckpoints: settings.unknownCheckpoints ?? before.unknownCheckpoints,
    checkpoints: settings.checkpoints ?? before.checkpoints,
    rate: settings.rate ?? before.rate,
    latency: settings.latency ?? before.latency,
    replyLatency: settings.replyLatency ?? before.replyLatency
  }
}
