/**
 * The three calls of OpenAI's checkpoint permissions API as Effects, and whole listings as Streams. They show and
 * change which projects can use a fine-tuned model checkpoint.
 *
 * @since 0.1.0
 */
import "./internal/installEffect3.ts"
import type { Permission, PermissionDeleted, PermissionPage } from "@checkpoint-permissions/core/Permission"
import type { InvalidInputError } from "@checkpoint-permissions/core/PermissionsError"
import type { ListParams } from "@checkpoint-permissions/protocol/wire"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as Arr from "effect/Array"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import {
  type CallOptions,
  CurrentCallOptions,
  type EffectOrStream,
  finishInFlight as finishing,
  type OptionsInForce,
  type Outcome,
  withOptions as optionsSet,
  type Reply,
  type Retry,
  type Wait,
  type WithRequirements
} from "./internal/callOptions.ts"
import * as operations from "./internal/operations.ts"
import { type ConfigOptions, checkOptions, type Options, withConfig } from "./internal/options.ts"
import type {
  CreateError,
  DeleteError,
  Estimate,
  ListError,
  ListingError,
  Requests,
  Server,
  Service
} from "./internal/service.ts"

export type * from "./internal/service.ts"
export type {
  CallOptions,
  ConfigOptions,
  EffectOrStream,
  ListParams,
  Options,
  OptionsInForce,
  Outcome,
  Reply,
  Retry,
  Wait,
  WithRequirements
}
export { CurrentCallOptions }

/**
 * The tag of the service, which is used as `yield* CheckpointPermissions.CheckpointPermissions`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted, Stream } from "effect"
 *
 * const count = Effect.gen(function* () {
 *   const permissions = yield* CheckpointPermissions.CheckpointPermissions
 *   return yield* Stream.runCount(permissions.stream("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"))
 * }).pipe(
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test") })),
 *   Effect.provide(FakePermissions.layer())
 * )
 * assert.equal(await Effect.runPromise(count), 0)
 * ```
 *
 * @category tags
 */
export class CheckpointPermissions extends Context.Tag("@checkpoint-permissions/client/CheckpointPermissions")<
  CheckpointPermissions,
  Service
>() {}

/**
 * Makes the service over the application's `HttpClient`. Fails with `InvalidInputError` if an option is refused, or if
 * the name of an option is unknown.
 *
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Service, InvalidInputError, HttpClient.HttpClient> =>
  Effect.zipWith(checkOptions(options), HttpClient.HttpClient, (checked, client) => operations.make(client, checked))

/**
 * The service as a layer. Fails with `InvalidInputError` if an option is refused.
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
 */
export const layer = (options: Options): Layer.Layer<CheckpointPermissions, InvalidInputError, HttpClient.HttpClient> =>
  Layer.effect(CheckpointPermissions, make(options))

/**
 * The service with key and server from `Config`. Default of `adminKey`: `OPENAI_ADMIN_KEY`. Default of `apiUrl`:
 * `OPENAI_BASE_URL`. An empty variable counts as unset, and no other variable is read. Fails with `ConfigError` if the
 * key is missing, and if a value or an option is refused. The error names the variable. `OPENAI_BASE_URL` is refused if
 * its host is neither OpenAI's nor this machine, since that host would receive the key. Pass `apiUrl` to use it.
 *
 * @example
 * ```ts
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { FetchHttpClient } from "@effect/platform"
 * import { Config, Layer } from "effect"
 *
 * const permissions = CheckpointPermissions.layerConfig({
 *   adminKey: Config.redacted("ADMIN_KEY"),
 *   timeout: "10 seconds"
 * }).pipe(Layer.provide(FetchHttpClient.layer))
 * ```
 *
 * @category layers
 */
export const layerConfig = (
  options: ConfigOptions = {}
): Layer.Layer<CheckpointPermissions, ConfigError.ConfigError, HttpClient.HttpClient> =>
  Layer.effect(CheckpointPermissions, withConfig(options, make))

const withService = <A, E, R>(
  use: (service: Service) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R | CheckpointPermissions> => Effect.flatMap(CheckpointPermissions, use)

const withServiceStream = <A, E>(
  use: (service: Service) => Stream.Stream<A, E>
): Stream.Stream<A, E, CheckpointPermissions> => Stream.unwrap(Effect.map(CheckpointPermissions, use))

/**
 * Lists one page of the permissions of a checkpoint: `list` of the {@link Service}.
 *
 * @category operations
 * @see https://platform.openai.com/docs/api-reference/fine-tuning/list-permissions
 */
export const list = (
  checkpoint: string,
  params?: ListParams | undefined
): Effect.Effect<PermissionPage, ListError, CheckpointPermissions> =>
  withService((service) => service.list(checkpoint, params))

/**
 * The older name of {@link list}.
 *
 * @deprecated use `list`
 * @category operations
 */
export const retrieve: typeof list = list

/**
 * Returns the pages of a whole listing: `pages` of the {@link Service}.
 *
 * @category operations
 */
export const pages = (
  checkpoint: string,
  params?: ListParams | undefined
): Stream.Stream<PermissionPage, ListingError, CheckpointPermissions> =>
  withServiceStream((service) => service.pages(checkpoint, params))

/**
 * Returns all permissions of a checkpoint: `stream` of the {@link Service}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted, Stream } from "effect"
 *
 * const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
 * const projects = await CheckpointPermissions.stream(checkpoint, { order: "ascending" }).pipe(
 *   Stream.map((permission) => permission.project_id),
 *   Stream.runCollect,
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_a", "proj_b"] } })),
 *   Effect.runPromise
 * )
 * assert.deepEqual(Array.from(projects), ["proj_a", "proj_b"])
 * ```
 *
 * @category operations
 */
export const stream = (
  checkpoint: string,
  params?: ListParams | undefined
): Stream.Stream<Permission, ListingError, CheckpointPermissions> =>
  withServiceStream((service) => service.stream(checkpoint, params))

/**
 * Grants projects access to a checkpoint: `create` of the {@link Service}.
 *
 * @category operations
 * @see https://platform.openai.com/docs/api-reference/fine-tuning/create-permission
 */
export const create = (
  checkpoint: string,
  projectIds: Arr.NonEmptyReadonlyArray<string>
): Effect.Effect<PermissionPage, CreateError, CheckpointPermissions> =>
  withService((service) => service.create(checkpoint, projectIds))

/**
 * Deletes one permission: `delete` of the {@link Service}.
 *
 * @category operations
 * @see https://platform.openai.com/docs/api-reference/fine-tuning/delete-permission
 */
const remove = (
  checkpoint: string,
  permissionId: string
): Effect.Effect<PermissionDeleted, DeleteError, CheckpointPermissions> =>
  withService((service) => service.delete(checkpoint, permissionId))

export { remove as delete }

/**
 * The server of the service: `server` of the {@link Service}.
 *
 * @category operations
 */
export const server: Effect.Effect<Server, never, CheckpointPermissions> = /* @__PURE__ */ Effect.map(
  CheckpointPermissions,
  (service) => service.server
)

/**
 * Estimates how long more requests would take: `estimate` of the {@link Service}.
 *
 * @category operations
 */
export const estimate = (requests: Requests): Effect.Effect<Estimate, never, CheckpointPermissions> =>
  withService((service) => service.estimate(requests))

/**
 * Lets every request that was already sent run to completion. An interruption takes effect after the reply or the
 * timeout of that request. Waits for the rate limiter and before a retry can be interrupted wherever `self` can be, by
 * a timeout inside as well as from outside.
 *
 * `onOutcome` receives the outcome of each call before an interruption takes effect. Use it for everything that has to
 * follow a reply, such as writing it to a journal. If a wait before a retry is interrupted, it receives the call with
 * its last error. It does not receive a call that was interrupted before it was sent. Effects after the call inside
 * `self` are interrupted as usual.
 *
 * In an uninterruptible region, such as a finalizer, nothing is interrupted, and the cap of the retry policy bounds the
 * waits. Where calls of this function are nested, the inner `onOutcome` runs first.
 *
 * @example
 * ```ts
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { Effect } from "effect"
 *
 * const recorded = (checkpoint: string, permission: string) =>
 *   CheckpointPermissions.finishInFlight(CheckpointPermissions.delete(checkpoint, permission), ({ error, operation }) =>
 *     Effect.log(`${operation} of ${permission}: ${error === undefined ? "done" : error.message}`)
 *   )
 * ```
 *
 * @category combinators
 */
export const finishInFlight = <A, E, R, R2 = never>(
  self: Effect.Effect<A, E, R>,
  onOutcome: (outcome: Outcome) => Effect.Effect<void, never, R2> = () => Effect.void
): Effect.Effect<A, E, R | R2> => finishing(self, onOutcome)

/**
 * Sets options for the calls of an effect or a stream: see {@link CallOptions}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { CheckpointPermissions, RetryPolicy } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const replies: Array<number> = []
 * await CheckpointPermissions.list("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd").pipe(
 *   CheckpointPermissions.withOptions({
 *     retry: RetryPolicy.none,
 *     onReply: ({ status }) => Effect.sync(() => replies.push(status))
 *   }),
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test") })),
 *   Effect.provide(FakePermissions.layer()),
 *   Effect.runPromise
 * )
 * assert.deepEqual(replies, [200])
 * ```
 *
 * @category combinators
 */
export const withOptions: {
  <R = never>(options: CallOptions<R>): <Self extends EffectOrStream>(self: Self) => WithRequirements<Self, R>
  <Self extends EffectOrStream, R = never>(self: Self, options: CallOptions<R>): WithRequirements<Self, R>
} = /* @__PURE__ */ dual(2, optionsSet)
