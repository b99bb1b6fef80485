/**
 * Listings of an organization, which require an admin key: projects, events of the audit log, and admin keys, as
 * Streams.
 */
import "./internal/installEffect3.ts"
import type { AdminKey, AuditEvent, Project } from "@checkpoint-permissions/core/Organization"
import type { InvalidInputError } from "@checkpoint-permissions/core/PermissionsError"
import type * as wire from "@checkpoint-permissions/protocol/wire"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as lists from "./internal/lists.ts"
import { type ConfigOptions, checkOptions, type Options, withConfig } from "./internal/options.ts"
import type { ListError, ListingError, Server } from "./internal/service.ts"

export type { ConfigOptions, ListError, ListingError, Options, Server }

/**
 * The models that a project may use (`allow_list`) or may not use (`deny_list`).
 *
 * @category replies
 */
export interface ModelPermissions extends wire.ModelPermissions {}

/** A filter for events. The log has whole seconds: `since` is rounded down, and `until` up. */
export interface EventOptions {
  /** The beginning of the period, inclusive. Default: the beginning of the log. */
  readonly since?: DateTime.DateTime | undefined
  /** The end of the period, exclusive. Default: now. */
  readonly until?: DateTime.DateTime | undefined
  /** Types of events, such as `checkpoint.permission.created`. Default: all. */
  readonly types?: ReadonlyArray<string> | undefined
}

/**
 * The listings. A listing ends only if the server says that nothing follows. It fails with `IncompleteListingError`
 * rather than return too few items, repeat some, or never end. No listing needs a service from the context.
 */
export interface Service {
  /**
   * Lists the projects of the organization. Archived ones are included only with `includeArchived`.
   *
   * @see https://platform.openai.com/docs/api-reference/projects/list
   */
  readonly projects: (options?: {
    readonly includeArchived?: boolean | undefined
  }) => Stream.Stream<Project, ListingError>
  /**
   * Lists events of the audit log, newest first. Fails with `PermissionDeniedError` if the log is off. The log can be
   * incomplete: some changes leave no event.
   *
   * @see https://platform.openai.com/docs/api-reference/audit-logs/list
   */
  readonly events: (options?: EventOptions) => Stream.Stream<AuditEvent, ListingError>
  /**
   * The admin keys of the organization, without the secrets themselves.
   *
   * @see https://platform.openai.com/docs/api-reference/admin-api-keys/list
   */
  readonly adminKeys: Stream.Stream<AdminKey, ListingError>
  /**
   * Returns the list of models that a project may use or may not use. Returns `undefined` if the server answers 404: no
   * list is set, or the project does not exist. It is not documented how a list treats fine-tuned models.
   *
   * @see https://platform.openai.com/docs/api-reference/project-model-permissions
   */
  readonly modelPermissions: (project: string) => Effect.Effect<ModelPermissions | undefined, ListError>
  /** The server of the requests. */
  readonly server: Server
  /** The client for other routes: `httpClient` of the service of `CheckpointPermissions`. */
  readonly httpClient: HttpClient.HttpClient
}

/**
 * The tag of the service.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Organization } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted, Stream } from "effect"
 *
 * const names = await Organization.projects({ includeArchived: true }).pipe(
 *   Stream.map((project) => project.name),
 *   Stream.runCollect,
 *   Effect.provide(Organization.layer({ adminKey: Redacted.make("sk-admin-test") })),
 *   Effect.provide(
 *     FakePermissions.layer({ organization: { projects: [{ id: "proj_a", name: "Search" }] } })
 *   ),
 *   Effect.runPromise
 * )
 * assert.deepEqual(Array.from(names), ["Search"])
 * ```
 *
 * @category tags
 */
export class Organization extends Context.Tag("@checkpoint-permissions/client/Organization")<Organization, Service>() {}

/**
 * Makes the service over the application's `HttpClient`. Fails with `InvalidInputError` if an option is refused.
 *
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Service, InvalidInputError, HttpClient.HttpClient> =>
  Effect.zipWith(checkOptions(options), HttpClient.HttpClient, (checked, client): Service => {
    const { httpClient, list, modelPermissions } = lists.service(client, checked, "Organization")
    const millis = (time: DateTime.DateTime | undefined) => time && DateTime.toEpochMillis(time)
    return {
      projects: ({ includeArchived } = {}) =>
        list("list-projects", (place) => lists.table["list-projects"]({ includeArchived, place })),
      events: ({ since, types, until } = {}) =>
        list("list-audit-logs", (place) =>
          lists.table["list-audit-logs"]({ since: millis(since), until: millis(until), types, place })
        ),
      modelPermissions,
      adminKeys: list("list-admin-keys", (place) => lists.table["list-admin-keys"]({ place })),
      server: checked.server,
      httpClient
    }
  })

/**
 * The service as a layer. Fails with `InvalidInputError` if an option is refused.
 *
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Organization, InvalidInputError, HttpClient.HttpClient> =>
  Layer.effect(Organization, make(options))

/**
 * The service with key and server from `Config`, as `layerConfig` of `CheckpointPermissions` reads them.
 *
 * @category layers
 */
export const layerConfig = (
  options: ConfigOptions = {}
): Layer.Layer<Organization, ConfigError.ConfigError, HttpClient.HttpClient> =>
  Layer.effect(Organization, withConfig(options, make))

/**
 * The model permissions of a project: `modelPermissions` of the {@link Service}.
 *
 * @category operations
 */
export const modelPermissions = (
  project: string
): Effect.Effect<ModelPermissions | undefined, ListError, Organization> =>
  Effect.flatMap(Organization, (service) => service.modelPermissions(project))

const withService = <A>(
  use: (service: Service) => Stream.Stream<A, ListingError>
): Stream.Stream<A, ListingError, Organization> => Stream.unwrap(Effect.map(Organization, use))

/**
 * Lists the projects of the organization: `projects` of the {@link Service}.
 *
 * @category operations
 */
export const projects = (options?: {
  readonly includeArchived?: boolean | undefined
}): Stream.Stream<Project, ListingError, Organization> => withService((service) => service.projects(options))

/**
 * Lists events of the audit log, newest first: `events` of the {@link Service}.
 *
 * @category operations
 */
export const events = (options?: EventOptions): Stream.Stream<AuditEvent, ListingError, Organization> =>
  withService((service) => service.events(options))

/**
 * The admin keys: `adminKeys` of the {@link Service}.
 *
 * @category operations
 */
export const adminKeys: Stream.Stream<AdminKey, ListingError, Organization> = /* @__PURE__ */ withService(
  (service) => service.adminKeys
)
