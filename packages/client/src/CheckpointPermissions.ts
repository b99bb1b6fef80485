/**
 * Who can use a fine-tuned model checkpoint: the three calls of OpenAI's
 * checkpoint permissions API as Effects, and whole listings as Streams.
 *
 * @since 0.1.0
 */
import type { CheckpointId, PermissionId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { ListParams, Permission, PermissionDeleted, PermissionPage } from "@checkpoint-permissions/core/Permission"
import type { IncompleteListing, InvalidInput, PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type * as Stream from "effect/Stream"
import { FinishInFlight } from "./internal/finishInFlight.ts"
import * as httpClient from "./internal/httpClient.ts"
import * as operations from "./internal/operations.ts"
import { settings } from "./internal/options.ts"
import { ReplyObserver } from "./internal/replyObserver.ts"
import type * as Pacing from "./Pacing.ts"
import type * as RetryPolicy from "./RetryPolicy.ts"

/**
 * What one call can fail with, however often it was attempted. A listing adds
 * `IncompleteListing`.
 *
 * @category errors
 * @since 0.1.0
 */
export type RequestError = Exclude<PermissionsError, IncompleteListing>

/**
 * Where the requests of a service go.
 *
 * @category models
 * @since 0.1.0
 */
export interface Server {
  /** The base URL, without a slash at the end. */
  readonly apiUrl: string
  /** The organization that is named in each request, if one is. */
  readonly organization: string | undefined
}

/**
 * How many requests of each operation are still to come.
 *
 * @category models
 * @since 0.1.0
 */
export interface Requests {
  readonly list?: number | undefined
  readonly create?: number | undefined
  readonly delete?: number | undefined
}

/**
 * The head of a reply, whatever its status.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reply {
  readonly status: number
  /** The `x-request-id` header: what OpenAI's support asks for. */
  readonly requestId: string | undefined
}

/**
 * The operations. None needs anything from its surroundings.
 *
 * @category models
 * @since 0.1.0
 */
export interface Service {
  /**
   * One page of the permissions of a checkpoint, with the parameters as given:
   * without a `limit` the server decides (10). For all of them use `stream`.
   *
   * @see https://platform.openai.com/docs/api-reference/fine-tuning/list-permissions
   */
  readonly list: (
    checkpoint: CheckpointId,
    params?: ListParams | undefined
  ) => Effect.Effect<PermissionPage, RequestError>
  /**
   * The older name of `list` in the API reference.
   *
   * @deprecated use `list`
   */
  readonly retrieve: (
    checkpoint: CheckpointId,
    params?: ListParams | undefined
  ) => Effect.Effect<PermissionPage, RequestError>
  /**
   * The pages of a whole listing. `limit` is the page size (otherwise the
   * service's `pageSize`); `after` resumes where another listing stopped.
   *
   * It ends only where the server says that nothing more comes, and fails with
   * `IncompleteListing` rather than be short, endless or doubled.
   */
  readonly pages: (
    checkpoint: CheckpointId,
    params?: ListParams | undefined
  ) => Stream.Stream<PermissionPage, PermissionsError>
  /** All permissions of a checkpoint: the items of `pages`, a chunk a page. */
  readonly stream: (
    checkpoint: CheckpointId,
    params?: ListParams | undefined
  ) => Stream.Stream<Permission, PermissionsError>
  /**
   * Grants projects access to a checkpoint; answers the permissions made. A
   * project that is named twice is sent once.
   *
   * Sent again only when the server certainly did nothing: after a 429, or when
   * no connection came about. A failure that leaves open whether it was carried
   * out (a reply that was lost or late, 5xx, not what the API promises) has
   * `mayHaveExecuted: true`.
   *
   * @see https://platform.openai.com/docs/api-reference/fine-tuning/create-permission
   */
  readonly create: (
    checkpoint: CheckpointId,
    projectIds: ReadonlyArray<ProjectId>
  ) => Effect.Effect<PermissionPage, RequestError>
  /**
   * Takes one permission away. A 404 after an attempt whose reply was lost is
   * success; a 404 otherwise is `NotFound`.
   *
   * @see https://platform.openai.com/docs/api-reference/fine-tuning/delete-permission
   */
  readonly delete: (
    checkpoint: CheckpointId,
    permissionId: PermissionId
  ) => Effect.Effect<PermissionDeleted, RequestError>
  /** Where the requests go. */
  readonly server: Server
  /**
   * How long so many further requests would take at the present pace. Each
   * operation has a pace of its own, so the slowest of them decides.
   */
  readonly estimate: (requests: Requests) => Effect.Effect<Duration.Duration>
}

/**
 * The service.
 *
 * @example
 * ```ts
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { Identifiers } from "@checkpoint-permissions/core"
 * import { Effect, Stream } from "effect"
 *
 * const projects = Effect.gen(function* () {
 *   const permissions = yield* CheckpointPermissions.CheckpointPermissions
 *   return yield* permissions
 *     .stream(Identifiers.CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"))
 *     .pipe(
 *       Stream.map((permission) => permission.project_id),
 *       Stream.runCollect
 *     )
 * })
 * ```
 *
 * @category tags
 * @since 0.1.0
 */
export class CheckpointPermissions extends Context.Tag("@checkpoint-permissions/client/CheckpointPermissions")<
  CheckpointPermissions,
  Service
>() {}

/**
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** An admin key of the organization; an ordinary key lacks the scopes. */
  readonly adminKey: Redacted.Redacted
  /** Base URL of the API. Default: `https://api.openai.com/v1`. */
  readonly apiUrl?: string | undefined
  /** Sent as `OpenAI-Organization`. Default: not sent. */
  readonly organization?: string | undefined
  /** Sent as `OpenAI-Project`. Default: not sent. */
  readonly project?: string | undefined
  /**
   * How the key is sent: `"bearer"` (the default) as `Authorization: Bearer …`,
   * any other name as that header's value, such as `"api-key"`.
   */
  readonly authHeader?: string | undefined
  /** Allows a plain `http://` URL off the loopback, which sends the key in the clear. Default: false. */
  readonly allowInsecureHttp?: boolean | undefined
  /** How long an attempt may take, its reply read to the end. Default: 30 seconds. */
  readonly timeout?: Duration.DurationInput | undefined
  /** When failed attempts are made again. Default: `RetryPolicy.standard`. */
  readonly retry?: RetryPolicy.RetryPolicy | undefined
  /** How fast requests go out. Default: `Pacing.adaptive`. */
  readonly pacing?: Pacing.Pacing | undefined
  /** Permissions a page of `pages` and `stream`. Default: 100. */
  readonly pageSize?: number | undefined
  /** Pages asked for ahead of the one being consumed; 0 turns it off. Default: 1. */
  readonly prefetch?: number | undefined
  /**
   * Changes the HTTP client, for instance to log requests. What it sees does
   * not hold the key yet, and only requests to `apiUrl` get it.
   */
  readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
}

/**
 * Makes the service over the application's `HttpClient`. Fails with
 * `InvalidInput` when an option is refused.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options): Effect.Effect<Service, InvalidInput, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const checked = yield* settings(options)
    const client = yield* HttpClient.HttpClient
    return yield* operations.make(httpClient.make(client, checked, options.transformClient), checked)
  })

/**
 * The service as a layer. Fails with `InvalidInput` when an option is refused.
 *
 * @example
 * ```ts
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { FetchHttpClient } from "@effect/platform"
 * import { Layer, Redacted } from "effect"
 *
 * const permissions = CheckpointPermissions.layer({
 *   adminKey: Redacted.make("sk-admin-…")
 * }).pipe(Layer.provide(FetchHttpClient.layer))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<CheckpointPermissions, InvalidInput, HttpClient.HttpClient> =>
  Layer.effect(CheckpointPermissions, make(options))

const orNothing = (name: string) =>
  Config.string(name).pipe(
    Config.option,
    Config.map((value) => Option.getOrUndefined(Option.filter(value, (text) => text !== "")))
  )

/**
 * The service with key and server from the environment: `OPENAI_ADMIN_KEY`
 * (required), `OPENAI_BASE_URL`, `OPENAI_ORG_ID` and `OPENAI_PROJECT_ID`, read
 * through `Config`. Options given here win over the environment. Fails with
 * `ConfigError` when the key is missing and with `InvalidInput` when a value is
 * refused.
 *
 * @example
 * ```ts
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { FetchHttpClient } from "@effect/platform"
 * import { Layer } from "effect"
 *
 * const permissions = CheckpointPermissions.layerConfig({ timeout: "10 seconds" }).pipe(
 *   Layer.provide(FetchHttpClient.layer)
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (
  options: Partial<Options> = {}
): Layer.Layer<CheckpointPermissions, InvalidInput | ConfigError.ConfigError, HttpClient.HttpClient> =>
  Layer.effect(
    CheckpointPermissions,
    Effect.gen(function* () {
      return yield* make({
        ...options,
        adminKey: options.adminKey ?? (yield* Config.redacted("OPENAI_ADMIN_KEY")),
        apiUrl: options.apiUrl ?? (yield* orNothing("OPENAI_BASE_URL")),
        organization: options.organization ?? (yield* orNothing("OPENAI_ORG_ID")),
        project: options.project ?? (yield* orNothing("OPENAI_PROJECT_ID"))
      })
    })
  )

/**
 * Makes an operation finish what it has sent: an interruption no longer aborts
 * the request in flight, but takes effect once its reply (or its timeout) is
 * known. Waits for the pace and before a retry are still cut short.
 *
 * For a write whose outcome must be known, for instance to be written down:
 * what follows in the same uninterruptible region still runs.
 *
 * @example
 * ```ts
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import type { Identifiers } from "@checkpoint-permissions/core"
 * import { Effect } from "effect"
 *
 * const recorded = Effect.fn(function* (checkpoint: Identifiers.CheckpointId, id: Identifiers.PermissionId) {
 *   const permissions = yield* CheckpointPermissions.CheckpointPermissions
 *   return yield* CheckpointPermissions.finishInFlight(permissions.delete(checkpoint, id)).pipe(
 *     Effect.tap((reply) => Effect.log(`${reply.id} is gone`)),
 *     Effect.uninterruptible
 *   )
 * })
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const finishInFlight = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.uninterruptible(Effect.provideService(self, FinishInFlight, true))

/**
 * Tells of every reply that an operation gets, attempts that are repeated
 * included: for a log that keeps request ids of what worked too.
 *
 * @example
 * ```ts
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import type { Identifiers } from "@checkpoint-permissions/core"
 * import { Effect } from "effect"
 *
 * const noted = Effect.fn(function* (checkpoint: Identifiers.CheckpointId) {
 *   const permissions = yield* CheckpointPermissions.CheckpointPermissions
 *   return yield* CheckpointPermissions.tapReplies(permissions.list(checkpoint), ({ requestId, status }) =>
 *     Effect.logDebug(`${status} ${requestId}`)
 *   )
 * })
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const tapReplies: {
  (observe: (reply: Reply) => Effect.Effect<void>): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, observe: (reply: Reply) => Effect.Effect<void>): Effect.Effect<A, E, R>
} = /* @__PURE__ */ dual(
  2,
  <A, E, R>(self: Effect.Effect<A, E, R>, observe: (reply: Reply) => Effect.Effect<void>): Effect.Effect<A, E, R> =>
    Effect.provideService(self, ReplyObserver, observe)
)
