/** The service as a type. */
import type { Permission, PermissionDeleted, PermissionPage } from "@checkpoint-permissions/core/Permission"
import type {
  ConflictError,
  IncompleteListingError,
  PermissionsError
} from "@checkpoint-permissions/core/PermissionsError"
import type * as options from "@checkpoint-permissions/protocol/options"
import type { ListParams } from "@checkpoint-permissions/protocol/wire"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Arr from "effect/Array"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"

/**
 * What one call of any operation can fail with, however often it was attempted.
 *
 * @category errors
 */
export type RequestError = Exclude<PermissionsError, IncompleteListingError>

/**
 * What `list` can fail with. A list changes nothing, so it meets no conflict: a 409 is a `BadRequestError`, as any
 * other 4xx without a name.
 *
 * @category errors
 */
export type ListError = Exclude<RequestError, ConflictError>

/**
 * What `pages` and `stream` can fail with.
 *
 * @category errors
 */
export type ListingError = ListError | IncompleteListingError

/**
 * What `create` can fail with.
 *
 * @category errors
 */
export type CreateError = RequestError

/**
 * What `delete` can fail with.
 *
 * @category errors
 */
export type DeleteError = RequestError

/**
 * Where the requests of a service go.
 *
 * @category models
 */
export interface Server extends options.Server {}

/**
 * How many requests of each operation are still to come.
 *
 * @category models
 */
export interface Requests {
  readonly list?: number | undefined
  readonly create?: number | undefined
  readonly delete?: number | undefined
}

/**
 * How long requests would take, if no other calls wait.
 *
 * @category models
 */
export interface Estimate {
  /**
   * What it rests on. `"measured"`: what the server allowed, since it refused more. `"configured"`: the rate of the
   * pace. `"assumed"`: ten requests a minute, ten of them at once, since no rate is known.
   */
  readonly basis: "assumed" | "configured" | "measured"
  readonly duration: Duration.Duration
  /**
   * How long they would take if nothing more is refused, going by the replies so far. Only while a rate is assumed,
   * after the first reply, and not while requests are held.
   */
  readonly unrefused?: Duration.Duration
  /** How many requests of these operations were refused so far. */
  readonly refused: number
}

/**
 * The operations. None needs anything from its surroundings. Ids are plain strings (a branded one is one too) and are
 * checked before a request exists: what cannot be an id, or is evidently one of another kind, is `InvalidInputError`.
 *
 * @category models
 */
export interface Service {
  /**
   * One page of the permissions of a checkpoint, with the parameters as given: without a `limit` the server decides
   * (10). For all of them use `stream`.
   *
   * @see https://platform.openai.com/docs/api-reference/fine-tuning/list-permissions
   */
  readonly list: (checkpoint: string, params?: ListParams | undefined) => Effect.Effect<PermissionPage, ListError>
  /**
   * The older name of `list` in the API reference.
   *
   * @deprecated use `list`
   */
  readonly retrieve: (checkpoint: string, params?: ListParams | undefined) => Effect.Effect<PermissionPage, ListError>
  /**
   * The pages of a whole listing. `limit` is the page size (otherwise the service's `pageSize`); `after` resumes where
   * another listing stopped.
   *
   * It ends only where the server says that nothing more comes, and fails with `IncompleteListingError` rather than be
   * short, endless or doubled.
   */
  readonly pages: (checkpoint: string, params?: ListParams | undefined) => Stream.Stream<PermissionPage, ListingError>
  /** All permissions of a checkpoint: the items of `pages`, a chunk a page. */
  readonly stream: (checkpoint: string, params?: ListParams | undefined) => Stream.Stream<Permission, ListingError>
  /**
   * Grants projects, at least one, access to a checkpoint; succeeds with the permissions made. A project that is named
   * twice is sent once.
   *
   * Sent again only when the server certainly did nothing: after a 429, or when no connection was made. A failure that
   * leaves open whether it was carried out (a reply that was lost or late, 5xx, not what the API promises) has
   * `mayHaveExecuted: true`.
   *
   * @see https://platform.openai.com/docs/api-reference/fine-tuning/create-permission
   */
  readonly create: (
    checkpoint: string,
    projectIds: Arr.NonEmptyReadonlyArray<string>
  ) => Effect.Effect<PermissionPage, CreateError>
  /**
   * Deletes one permission. A 404 after an attempt whose reply was lost is success; a 404 otherwise is `NotFoundError`.
   *
   * @see https://platform.openai.com/docs/api-reference/fine-tuning/delete-permission
   */
  readonly delete: (checkpoint: string, permissionId: string) => Effect.Effect<PermissionDeleted, DeleteError>
  /** Where the requests go. */
  readonly server: Server
  /**
   * The application's client for routes that this library does not know: with the base URL before a path, the
   * organization's headers and the key for the origin of `apiUrl` alone. It follows no redirect, and Effect redacts the
   * header of the key where it prints a request. It has none of our rate limits, retries and errors.
   */
  readonly httpClient: HttpClient.HttpClient
  /**
   * How long so many further requests would take, and what that rests on. Each operation has a pace of its own, so the
   * slowest of them decides.
   */
  readonly estimate: (requests: Requests) => Effect.Effect<Estimate>
}
