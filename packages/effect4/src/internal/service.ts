/** The operations of the service, with their types and errors. */

import type * as options from "@checkpoint-permissions/protocol/options"
import type { ListParams } from "@checkpoint-permissions/protocol/wire"
import type * as Arr from "effect/Array"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type * as Stream from "effect/Stream"
import type { Permission, PermissionDeleted, PermissionPage } from "../Permission.ts"
import type { ConflictError, IncompleteListingError, PermissionsError } from "../PermissionsError.ts"

/**
 * The errors of one call of any operation, after all its attempts.
 *
 * @category errors
 */
export type RequestError = Exclude<PermissionsError, IncompleteListingError>

/**
 * The errors of `list`. A list changes nothing, so it cannot conflict: a 409 is a `BadRequestError`, like any other 4xx
 * without an error of its own.
 *
 * @category errors
 */
export type ListError = Exclude<RequestError, ConflictError>

/**
 * The errors of `pages` and `stream`.
 *
 * @category errors
 */
export type ListingError = ListError | IncompleteListingError

/**
 * The errors of `create`.
 *
 * @category errors
 */
export type CreateError = Exclude<PermissionsError, IncompleteListingError>

/**
 * The errors of `delete`.
 *
 * @category errors
 */
export type DeleteError = Exclude<PermissionsError, IncompleteListingError>

/** The server of a service. */
export interface Server extends options.Server {}

/** The number of requests of each operation. */
export interface Requests {
  readonly list?: number | undefined
  readonly create?: number | undefined
  readonly delete?: number | undefined
}

/** The estimated duration of requests, ignoring other waiting calls. */
export interface Estimate {
  /**
   * The basis of the estimate. `"measured"`: the rate that the server accepted before it refused requests.
   * `"configured"`: the rate of the options. `"assumed"`: a burst of ten requests, then ten requests a minute, while no
   * rate is known.
   */
  readonly basis: "assumed" | "configured" | "measured"
  readonly duration: Duration.Duration
  /**
   * The duration if no request is refused, from the replies so far. Present only while the basis is `"assumed"`, after
   * the first reply, and while requests are not paused.
   */
  readonly unrefused?: Duration.Duration
  /** The number of requests of these operations that got a 429 so far. */
  readonly refused: number
}

/**
 * The operations. None of them needs a service from the context. Ids are plain strings (branded ids work too) and are
 * validated before any request is sent. Ids that are invalid, or obviously belong to something else, fail with
 * `InvalidInputError`.
 */
export interface Service {
  /**
   * Lists one page of the permissions of a checkpoint. The parameters are sent as given. Without `limit` the server
   * uses its default, 10. For all permissions use `stream`.
   *
   * @param checkpoint - The name of the model, `ft:…`.
   * @param params - Filter, order, page size and the id after which to begin.
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
   * Returns the pages of a whole listing. `limit` is the page size. Default: `pageSize` of the service. `after` resumes
   * where another listing stopped.
   *
   * It ends only if the server says that nothing follows. It fails with `IncompleteListingError` rather than return too
   * few permissions, repeat some, or never end.
   *
   * @param checkpoint - The name of the model, `ft:…`.
   * @param params - Filter, order, page size and the id after which to begin.
   */
  readonly pages: (checkpoint: string, params?: ListParams | undefined) => Stream.Stream<PermissionPage, ListingError>
  /**
   * Returns all permissions of a checkpoint: the items of `pages`, one chunk per page.
   *
   * @param checkpoint - The name of the model, `ft:…`.
   * @param params - Filter, order, page size and the id after which to begin.
   */
  readonly stream: (checkpoint: string, params?: ListParams | undefined) => Stream.Stream<Permission, ListingError>
  /**
   * Grants one or more projects access to a checkpoint. Returns the server's reply as one page. A project that is given
   * twice is sent once.
   *
   * It is repeated only if the server certainly did nothing: after a 429, or if no connection was made. A failure that
   * leaves the result open (a lost or late reply, 5xx, an invalid reply) has `mayHaveExecuted: true`.
   *
   * @param checkpoint - The name of the model, `ft:…`.
   * @param projectIds - The ids of the projects, at least one.
   * @see https://platform.openai.com/docs/api-reference/fine-tuning/create-permission
   */
  readonly create: (
    checkpoint: string,
    projectIds: Arr.NonEmptyReadonlyArray<string>
  ) => Effect.Effect<PermissionPage, CreateError>
  /**
   * Deletes one permission. A 404 after an attempt whose reply was lost is success. Any other 404 is `NotFoundError`.
   * Returns a reply of `deleted: false` as it is: the server did not delete the permission, which may still exist.
   *
   * @param checkpoint - The name of the model, `ft:…`.
   * @param permissionId - The id of the permission, from a listing.
   * @see https://platform.openai.com/docs/api-reference/fine-tuning/delete-permission
   */
  readonly delete: (checkpoint: string, permissionId: string) => Effect.Effect<PermissionDeleted, DeleteError>
  /** The server of the requests. */
  readonly server: Server
  /**
   * The application's client for routes that this library does not know. It adds the base URL to a path. Only requests
   * to the origin of `apiUrl` get the headers of the organization and the key. It follows no redirect, and Effect
   * redacts the header of the key when it prints a request. It does not use the rate limiter, retries and errors of
   * this library.
   */
  readonly httpClient: HttpClient.HttpClient
  /**
   * Estimates how long that many more requests would take, and returns the basis of the estimate. Each operation has
   * its own rate limiter, so the result is that of the slowest.
   *
   * @param requests - The number of further requests of each operation.
   */
  readonly estimate: (requests: Requests) => Effect.Effect<Estimate>
}
