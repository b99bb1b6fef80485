/**
 * The three calls of OpenAI's checkpoint permissions API as Effects, and whole listings as Streams. They show and
 * change which projects can use a fine-tuned model checkpoint.
 */
import "./internal/installEffect3.ts"
import type { InvalidInputError } from "@checkpoint-permissions/core/PermissionsError"
import type { ListParams } from "@checkpoint-permissions/protocol/wire"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as operations from "./internal/operations.ts"
import { type ConfigOptions, checkOptions, type Options, withConfig } from "./internal/options.ts"
import type { Server, Service } from "./internal/service.ts"

export {
  type CallOptions,
  CurrentCallOptions,
  type EffectOrStream,
  finishInFlight,
  type OptionsInForce,
  type Outcome,
  type Reply,
  type Retry,
  type Wait,
  type WithRequirements,
  withOptions
} from "./internal/callOptions.ts"
export type * from "./internal/service.ts"
export type { ConfigOptions, ListParams, Options }

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

/** Returns a function of the service in the context. It has the same parameters. */
const effectOf =
  <Args extends Array<unknown>, A, E>(of: (service: Service) => (...args: Args) => Effect.Effect<A, E>) =>
  (...args: Args): Effect.Effect<A, E, CheckpointPermissions> =>
    Effect.flatMap(CheckpointPermissions, (service) => of(service).apply(service, args))

/** Returns a function of the service in the context that returns a stream. It has the same parameters. */
const streamOf =
  <Args extends Array<unknown>, A, E>(of: (service: Service) => (...args: Args) => Stream.Stream<A, E>) =>
  (...args: Args): Stream.Stream<A, E, CheckpointPermissions> =>
    Stream.unwrap(Effect.map(CheckpointPermissions, (service) => of(service).apply(service, args)))

/**
 * Lists one page of the permissions of a checkpoint: `list` of the {@link Service}.
 *
 * @category operations
 * @see https://platform.openai.com/docs/api-reference/fine-tuning/list-permissions
 */
export const list = /* @__PURE__ */ effectOf((service) => service.list)

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
export const pages = /* @__PURE__ */ streamOf((service) => service.pages)

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
export const stream = /* @__PURE__ */ streamOf((service) => service.stream)

/**
 * Grants projects access to a checkpoint: `create` of the {@link Service}.
 *
 * @category operations
 * @see https://platform.openai.com/docs/api-reference/fine-tuning/create-permission
 */
export const create = /* @__PURE__ */ effectOf((service) => service.create)

/**
 * Deletes one permission: `delete` of the {@link Service}.
 *
 * @category operations
 * @see https://platform.openai.com/docs/api-reference/fine-tuning/delete-permission
 */
const remove = /* @__PURE__ */ effectOf((service) => service.delete)

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
export const estimate = /* @__PURE__ */ effectOf((service) => service.estimate)
