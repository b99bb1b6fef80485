/**
 * The three calls of OpenAI's checkpoint permissions API as Effects, and whole listings as Streams. They show and
 * change which projects can use a fine-tuned model checkpoint.
 */
import type { ListParams } from "@checkpoint-permissions/protocol/wire"
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as operations from "./internal/operations.ts"
import { type ConfigOptions, checkOptions, type Options, withConfig } from "./internal/options.ts"
import type { Server, Service } from "./internal/service.ts"
import type { InvalidInputError } from "./PermissionsError.ts"

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
 * The tag of the service.
 *
 * @example
 * ```ts effect4
 * import assert from "node:assert/strict"
 * import { CheckpointPermissions, FakePermissions } from "@checkpoint-permissions/effect4"
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
 * @category services
 */
export class CheckpointPermissions extends Context.Service<CheckpointPermissions, Service>()(
  "@checkpoint-permissions/effect4/CheckpointPermissions"
) {}

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
 * ```ts effect4
 * import { CheckpointPermissions } from "@checkpoint-permissions/effect4"
 * import { Layer, Redacted } from "effect"
 * import { FetchHttpClient } from "effect/http"
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
 * @category layers
 */
export const layerConfig = (
  options: ConfigOptions = {}
): Layer.Layer<CheckpointPermissions, Config.ConfigError, HttpClient.HttpClient> =>
  Layer.effect(CheckpointPermissions, withConfig(options, make))

/** Returns a function of the service in the context. It has the same parameters. */
const effectOf =
  <Args extends Array<unknown>, A, E>(of: (service: Service) => (...args: Args) => Effect.Effect<A, E>) =>
  (...args: Args): Effect.Effect<A, E, CheckpointPermissions> =>
    CheckpointPermissions.use((service) => of(service).apply(service, args))

/** Returns a function of the service in the context that returns a stream. It has the same parameters. */
const streamOf =
  <Args extends Array<unknown>, A, E>(of: (service: Service) => (...args: Args) => Stream.Stream<A, E>) =>
  (...args: Args): Stream.Stream<A, E, CheckpointPermissions> =>
    Stream.unwrap(CheckpointPermissions.useSync((service) => of(service).apply(service, args)))

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
export const server: Effect.Effect<Server, never, CheckpointPermissions> = CheckpointPermissions.useSync(
  (service) => service.server
)

/**
 * Estimates how long more requests would take: `estimate` of the {@link Service}.
 *
 * @category operations
 */
export const estimate = /* @__PURE__ */ effectOf((service) => service.estimate)
