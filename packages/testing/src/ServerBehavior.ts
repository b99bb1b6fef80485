/**
 * How the fake server behaves: one setting for each thing that nobody documents
 * about the API, and the limits, keys, owners, rate and latency of a server.
 *
 * @since 0.1.0
 */
import * as FakeBehavior from "@checkpoint-permissions/fake/behavior"
import type * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"

/**
 * What a key may do: `api.fine_tuning.checkpoints.read` lists,
 * `api.fine_tuning.checkpoints.write` creates and deletes.
 *
 * @category keys
 * @since 0.1.0
 * @see {@link adminKey}
 */
export type Scope = "api.fine_tuning.checkpoints.read" | "api.fine_tuning.checkpoints.write"

/**
 * A key that the server knows, with its scopes. Make one with {@link adminKey},
 * {@link readOnlyKey}, {@link ordinaryKey} or {@link projectKey}.
 *
 * @category keys
 * @since 0.1.0
 */
export interface Key {
  readonly key: Redacted.Redacted
  readonly scopes: ReadonlyArray<Scope>
  /** The project of an ordinary key; `defaultProject` by default. */
  readonly project?: string | undefined
}

const redacted = (key: string | Redacted.Redacted): Redacted.Redacted =>
  typeof key === "string" ? Redacted.make(key) : key

/**
 * A key that may do everything.
 *
 * @example
 * ```ts
 * import { FakePermissions, ServerBehavior } from "@checkpoint-permissions/testing"
 *
 * const layer = FakePermissions.layer({ behavior: { keys: [ServerBehavior.adminKey("sk-admin-test")] } })
 * ```
 *
 * @category keys
 * @since 0.1.0
 */
export const adminKey = (key: string | Redacted.Redacted): Key => ({
  key: redacted(key),
  scopes: ["api.fine_tuning.checkpoints.read", "api.fine_tuning.checkpoints.write"]
})

/**
 * A key that may list, and is refused a create or a delete for its missing
 * scope.
 *
 * @example
 * ```ts
 * import { FakePermissions, ServerBehavior } from "@checkpoint-permissions/testing"
 *
 * const layer = FakePermissions.layer({ behavior: { keys: [ServerBehavior.readOnlyKey("sk-admin-auditor")] } })
 * ```
 *
 * @category keys
 * @since 0.1.0
 */
export const readOnlyKey = (key: string | Redacted.Redacted): Key => ({
  key: redacted(key),
  scopes: ["api.fine_tuning.checkpoints.read"]
})

/**
 * An ordinary project key: the server knows it, and refuses it everything here
 * for its missing scopes.
 *
 * @example
 * ```ts
 * import { FakePermissions, ServerBehavior } from "@checkpoint-permissions/testing"
 *
 * const layer = FakePermissions.layer({ behavior: { keys: [ServerBehavior.ordinaryKey("sk-proj-1")] } })
 * ```
 *
 * @category keys
 * @since 0.1.0
 */
export const ordinaryKey = (key: string | Redacted.Redacted): Key => ({ key: redacted(key), scopes: [] })

/**
 * The ordinary key of a project, whose models and fine-tuning jobs it sees.
 *
 * @example
 * ```ts
 * import { FakePermissions, ServerBehavior } from "@checkpoint-permissions/testing"
 *
 * const layer = FakePermissions.layer({ behavior: { keys: [ServerBehavior.projectKey("sk-proj-1", "proj_search")] } })
 * ```
 *
 * @category keys
 * @since 0.1.0
 */
export const projectKey = (key: string | Redacted.Redacted, project: string): Key => ({
  key: redacted(key),
  scopes: [],
  project
})

/**
 * How many calls the server takes. A token bucket that starts full and is exact
 * in milliseconds of the `Clock` as long as `requests` and `burst` are whole
 * numbers.
 *
 * @example
 * ```ts
 * import { FakePermissions, type ServerBehavior } from "@checkpoint-permissions/testing"
 *
 * // what has been measured of the real server
 * const rate: ServerBehavior.Rate = { requests: 10, per: "1 minute" }
 * const layer = FakePermissions.layer({ behavior: { rate } })
 * ```
 *
 * @category rate
 * @since 0.1.0
 */
export interface Rate {
  /** Calls that `per` gives back; more than 0. */
  readonly requests: number
  /** The time in which `requests` calls are given back. */
  readonly per: Duration.DurationInput
  /** The most calls that can be saved up, and what there is at the start. `requests` by default. */
  readonly burst?: number | undefined
  /**
   * A bucket for each operation (`"endpoint"`, the default), or one for all. The
   * lists of models and jobs, which take an ordinary key, have no quota.
   */
  readonly scope?: "endpoint" | "shared" | undefined
  /**
   * Given back little by little (`"continuous"`, the default), or `requests` at
   * once each time `per` has passed since the layer was built.
   */
  readonly refill?: "continuous" | "window" | undefined
  /**
   * Whether a refused call costs too, `true` by default: it then takes the part
   * of a call that had been given back, so that the wait begins anew, and a
   * client that keeps calling sooner than `per / requests` is never let through.
   * It makes no difference to `"window"`.
   */
  readonly countRefused?: boolean | undefined
  /** What a 429 says of the wait; nothing by default, as the real server. */
  readonly headers?: "none" | "retry-after" | "retry-after-ms" | "http-date" | undefined
}

/**
 * A time that is drawn anew for each request, uniformly from `min` up to `max`.
 *
 * @category models
 * @since 0.1.0
 * @see {@link change}
 */
export interface Range {
  readonly min: Duration.DurationInput
  readonly max: Duration.DurationInput
}

/**
 * Everything about a server that can be set.
 *
 * @category models
 * @since 0.1.0
 * @see {@link defaults}
 */
export interface ServerBehavior {
  /** Granting a project that has access: answers the permission there is, makes a second one, 409, or 400. */
  readonly regrant: "existing" | "second" | "conflict" | "bad-request"
  /** A create of which one project is refused: nothing is done, or the others are; either way it is answered with the refusal. */
  readonly partialCreate: "nothing" | "others"
  /** A `limit` over the largest of its list: lowered silently, or 400. */
  readonly overLimit: "clamp" | "bad-request"
  /** A `limit` below 1: 400, or the default. */
  readonly underLimit: "bad-request" | "default"
  /** Deleting a permission, or model permissions, that are not there: 404, or 200 with `deleted` false or true. */
  readonly deleteGone: "not-found" | "deleted-false" | "deleted-true"
  /** An `after` or `before` that is not there: 400, 404, an empty last page, or the list as if it had not been given. */
  readonly unknownAfter: "bad-request" | "not-found" | "empty-page" | "restart"
  /**
   * Whether a page can be shorter than `limit` though `has_more` is true: never;
   * each second listing half a page; a share drawn from a seed for each listing;
   * or `project_id` applied to a page already cut, which can leave it empty, with
   * a `last_id` that is not in it.
   */
  readonly shortPages: "never" | "every-other" | "filter-after-limit" | { readonly seed: number }
  /** The time until a listing shows a write. None. */
  readonly listingLag: Duration.DurationInput
  /** Permissions a page when no `limit` is given. 10. */
  readonly defaultLimit: number
  /** The largest `limit` of a listing of permissions, jobs or job checkpoints; 100 elsewhere, as documented. 100. */
  readonly maxLimit: number
  /** The most projects a create takes; more is 400. 100. */
  readonly maxProjects: number
  /** The project that owns each checkpoint: it cannot be granted or revoked (400), and is not listed. */
  readonly owners: Readonly<Record<string, string>>
  /** The keys the server knows; any key is taken by default. */
  readonly keys: "any" | ReadonlyArray<Key>
  /**
   * What becomes of a key that is not in the list of `keys`: it is refused (the
   * default), or what it begins with says what it is, `sk-admin-` an admin key,
   * anything else an ordinary key of `defaultProject`.
   */
  readonly unknownKeys: "refuse" | "by-prefix"
  /** The status of a missing scope. 401. */
  readonly missingScopeStatus: 401 | 403
  /** A checkpoint that was neither seeded, owned, granted nor named in `checkpoints`: taken, or 404. */
  readonly unknownCheckpoints: "accept" | "not-found"
  /** Checkpoints that exist though they have no permissions. Matters with `unknownCheckpoints: "not-found"`. */
  readonly checkpoints: ReadonlyArray<string>
  /** The checkpoints of a fine-tuning job that is not there, or that another project has: 404, or an empty page. */
  readonly unknownJobs: "not-found" | "empty-page"
  /** The project of jobs, ordinary keys and audit events that name none. `proj_default`. */
  readonly defaultProject: string
  /** Whether the list of models shows a project those that it was granted. */
  readonly grantedModels: "visible" | "hidden"
  /** Whether the list of models shows a project those that its model permissions exclude. */
  readonly excludedModels: "visible" | "hidden"
  /** The model permissions of a project that has none: an empty deny list, an empty allow list, or 404. */
  readonly unsetModelPermissions: "deny-none" | "allow-none" | "not-found"
  /** The audit log: kept, or not (403). */
  readonly auditLog: "on" | "off"
  /** The time until the audit log shows an event. None. */
  readonly auditLag: Duration.DurationInput
  /** Whether a grant or a delete that changes nothing leaves an event. No. */
  readonly repeatEvents: boolean
  /** What the filter `resource_ids[]` of the audit log compares with. The permission alone. */
  readonly auditResources: ReadonlyArray<"permission" | "checkpoint" | "project">
  /** The quota; none by default. */
  readonly rate: "unlimited" | Rate
  /** Time between the arrival of a request and the work. None. */
  readonly latency: Duration.DurationInput | Range
  /** Time between the work and the reply: a client that gives up in it does not know what was done. None. */
  readonly replyLatency: Duration.DurationInput | Range
}

/**
 * Some of the settings; what is left out or `undefined` stays as it is.
 *
 * @category models
 * @since 0.1.0
 * @see {@link change}
 */
export type Settings = { readonly [K in keyof ServerBehavior]?: ServerBehavior[K] | undefined }

/**
 * A sensible server: a grant can be repeated, a create is all or nothing, what
 * is not there is an error, any key and any checkpoint are taken, no quota and
 * no latency.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { ServerBehavior } from "@checkpoint-permissions/testing"
 *
 * assert.equal(ServerBehavior.defaults.regrant, "existing")
 * assert.equal(ServerBehavior.defaults.rate, "unlimited")
 * ```
 *
 * @category constructors
 * @since 0.1.0
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
  missingScopeStatus: 401,
  unknownCheckpoints: "accept",
  checkpoints: [],
  unknownJobs: "not-found",
  defaultProject: "proj_default",
  grantedModels: "visible",
  excludedModels: "visible",
  unsetModelPermissions: "deny-none",
  auditLog: "on",
  auditLag: 0,
  repeatEvents: false,
  auditResources: ["permission"],
  rate: "unlimited",
  latency: 0,
  replyLatency: 0
}

/**
 * A behavior with some settings changed.
 *
 * @example
 * ```ts
 * import { ServerBehavior } from "@checkpoint-permissions/testing"
 *
 * const behavior = ServerBehavior.change(ServerBehavior.defaults, { regrant: "second", deleteGone: "deleted-false" })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const change = (behavior: ServerBehavior, settings: Settings): ServerBehavior => ({
  regrant: settings.regrant ?? behavior.regrant,
  partialCreate: settings.partialCreate ?? behavior.partialCreate,
  overLimit: settings.overLimit ?? behavior.overLimit,
  underLimit: settings.underLimit ?? behavior.underLimit,
  deleteGone: settings.deleteGone ?? behavior.deleteGone,
  unknownAfter: settings.unknownAfter ?? behavior.unknownAfter,
  shortPages: settings.shortPages ?? behavior.shortPages,
  listingLag: settings.listingLag ?? behavior.listingLag,
  defaultLimit: settings.defaultLimit ?? behavior.defaultLimit,
  maxLimit: settings.maxLimit ?? behavior.maxLimit,
  maxProjects: settings.maxProjects ?? behavior.maxProjects,
  owners: settings.owners ?? behavior.owners,
  keys: settings.keys ?? behavior.keys,
  unknownKeys: settings.unknownKeys ?? behavior.unknownKeys,
  missingScopeStatus: settings.missingScopeStatus ?? behavior.missingScopeStatus,
  unknownCheckpoints: settings.unknownCheckpoints ?? behavior.unknownCheckpoints,
  checkpoints: settings.checkpoints ?? behavior.checkpoints,
  unknownJobs: settings.unknownJobs ?? behavior.unknownJobs,
  defaultProject: settings.defaultProject ?? behavior.defaultProject,
  grantedModels: settings.grantedModels ?? behavior.grantedModels,
  excludedModels: settings.excludedModels ?? behavior.excludedModels,
  unsetModelPermissions: settings.unsetModelPermissions ?? behavior.unsetModelPermissions,
  auditLog: settings.auditLog ?? behavior.auditLog,
  auditLag: settings.auditLag ?? behavior.auditLag,
  repeatEvents: settings.repeatEvents ?? behavior.repeatEvents,
  auditResources: settings.auditResources ?? behavior.auditResources,
  rate: settings.rate ?? behavior.rate,
  latency: settings.latency ?? behavior.latency,
  replyLatency: settings.replyLatency ?? behavior.replyLatency
})

/**
 * The values that each undocumented thing can take, for tests that must hold
 * whichever way the server behaves.
 *
 * @example
 * ```ts
 * import { ServerBehavior } from "@checkpoint-permissions/testing"
 *
 * const behaviors = ServerBehavior.unknowns.regrant.map((regrant) => ({ regrant }))
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const unknowns = FakeBehavior.unknowns
