/**
 * The errors of all operations, as one flat union for `Effect.catchTags`. `isRetryable` of an error is true if another
 * attempt may help and can do no harm.
 */
import "./internal/installEffect3.ts"
import { type Failure, ofError } from "@checkpoint-permissions/protocol/failure"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { isPermissionId } from "./Identifiers.ts"
import { fields, Operation, tagged } from "./internal/errorClass.ts"

/** An error as plain data, the argument of {@link fromFailure}. */
export type { Failure } from "@checkpoint-permissions/protocol/failure"

export { Operation }

/** Input was refused before a request was sent. `field` is its name, `reason` says why and what to do. */
export class InvalidInputError extends tagged<InvalidInputError>()("InvalidInputError", {
  operation: Operation,
  /** The name of the refused parameter, option or variable. */
  field: Schema.String,
  /** The reason, and what to do. */
  reason: Schema.String
}) {
  /** Always false: no request was sent. */
  get mayHaveExecuted(): false {
    return false
  }
}

/**
 * The server refused the request: 400, 422, and any 4xx without an error of its own. Granting or revoking the project
 * that owns the model is an example.
 */
export class BadRequestError extends tagged<BadRequestError>()("BadRequestError", fields) {}

/** The server does not accept the key: it is wrong, revoked or missing (401). */
export class AuthenticationError extends tagged<AuthenticationError>()("AuthenticationError", fields) {}

/**
 * The key is valid but lacks `scopes` (401 or 403): an ordinary key, or an admin key without
 * `api.fine_tuning.checkpoints.read` or `.write`.
 */
export class MissingScopeError extends tagged<MissingScopeError>()("MissingScopeError", {
  ...fields,
  /** The missing scopes that the server named. */
  scopes: Schema.Array(Schema.String)
}) {}

/** The key is not allowed to do this (403), for a reason other than its scopes. */
export class PermissionDeniedError extends tagged<PermissionDeniedError>()("PermissionDeniedError", fields) {}

/**
 * The checkpoint or the permission does not exist, or is not visible to this key: a 404 with the API's own error
 * envelope. Any other 404 is an `InvalidResponseError`.
 */
export class NotFoundError extends tagged<NotFoundError>()("NotFoundError", fields) {}

/** A create or a delete conflicts with the current state (409). */
export class ConflictError extends tagged<ConflictError>()("ConflictError", fields) {}

/** Too many requests (429). `retryAfter` is the delay that the server asks for, if there is one. */
export class RateLimitError extends tagged<RateLimitError>()("RateLimitError", fields) {}

/**
 * The organization has no quota or credit left (429 with the type or code `insufficient_quota` or
 * `credit_balance_exhausted`). A retry never helps.
 */
export class QuotaExhaustedError extends tagged<QuotaExhaustedError>()("QuotaExhaustedError", fields) {}

/** The server or a proxy failed (5xx). */
export class ServerError extends tagged<ServerError>()("ServerError", fields) {}

/**
 * There was no reply: the name was not resolved, or the connection was refused, reset or closed. `reason` is the code
 * or message of the root cause.
 */
export class ConnectionError extends tagged<ConnectionError>()("ConnectionError", {
  ...fields,
  /** The code (`ECONNREFUSED`) or message of the root cause. */
  reason: Schema.String,
  /** The base URL. */
  server: Schema.optional(Schema.String),
  /** True if a part of the request may have been sent. */
  sent: Schema.optional(Schema.Boolean)
}) {}

/** An attempt took longer than its timeout, or the server reported a timeout (408). */
export class RequestTimeoutError extends tagged<RequestTimeoutError>()("RequestTimeoutError", {
  ...fields,
  /** The timeout of the attempt; absent if the server reported the timeout. */
  timeout: Schema.optional(Schema.DurationFromMillis)
}) {}

/**
 * The reply does not conform to the API: a 2xx whose body does not decode, a redirect, or a 404 that is not the API's.
 * A redirect is never followed, since it would send the key elsewhere. Usually the base URL is wrong.
 */
export class InvalidResponseError extends tagged<InvalidResponseError>()("InvalidResponseError", {
  ...fields,
  /** The fault of the reply. */
  reason: Schema.String
}) {}

/**
 * A listing may be incomplete. The items before it are valid. `resumeAfter`, if known, is the id at which to resume.
 */
export class IncompleteListingError extends tagged<IncompleteListingError>()("IncompleteListingError", {
  ...fields,
  /** The reason why the listing cannot be trusted. */
  reason: Schema.String,
  /** The number of items received before it failed. */
  received: Schema.Int
}) {}

/**
 * The schema of the union, to send errors to another process.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { PermissionsError } from "@checkpoint-permissions/core"
 * import { Schema } from "effect"
 *
 * const sent = Schema.encodeSync(PermissionsError.PermissionsError)(
 *   new PermissionsError.NotFoundError({ operation: "list", status: 404 })
 * )
 * const received = Schema.decodeSync(PermissionsError.PermissionsError)(sent)
 * assert.equal(received._tag, "NotFoundError")
 * ```
 *
 * @category errors
 */
export const PermissionsError = /* @__PURE__ */ Schema.Union(
  InvalidInputError,
  BadRequestError,
  AuthenticationError,
  MissingScopeError,
  PermissionDeniedError,
  NotFoundError,
  ConflictError,
  RateLimitError,
  QuotaExhaustedError,
  ServerError,
  ConnectionError,
  RequestTimeoutError,
  InvalidResponseError,
  IncompleteListingError
)

/**
 * Any error of an operation.
 *
 * @example
 * ```ts
 * import { PermissionsError } from "@checkpoint-permissions/core"
 * import { Effect } from "effect"
 *
 * const orNone = (listing: Effect.Effect<number, PermissionsError.PermissionsError>) =>
 *   listing.pipe(
 *     Effect.catchTags({
 *       NotFoundError: () => Effect.succeed(0),
 *       MissingScopeError: (error) => Effect.dieMessage(`ask for ${error.scopes.join(", ")}`)
 *     })
 *   )
 * ```
 *
 * @category errors
 */
export type PermissionsError = typeof PermissionsError.Type

/**
 * Returns true if a value is one of the errors of this module.
 *
 * @category errors
 */
export const isPermissionsError = /* @__PURE__ */ Schema.is(PermissionsError)

const duration = (millis: number | undefined): Duration.Duration | undefined =>
  millis === undefined ? undefined : Duration.millis(millis)

/** The classes without additional fields. */
const plain = {
  BadRequestError,
  AuthenticationError,
  PermissionDeniedError,
  NotFoundError,
  ConflictError,
  RateLimitError,
  QuotaExhaustedError,
  ServerError
}

/**
 * Makes the error for a failure of `@checkpoint-permissions/protocol`. All errors of the client are made here.
 *
 * @category constructors
 */
export function fromFailure(
  failure: Exclude<Failure, { readonly kind: "IncompleteListingError" }>
): Exclude<PermissionsError, IncompleteListingError>
export function fromFailure(failure: Failure): PermissionsError
export function fromFailure(failure: Failure): PermissionsError {
  if (failure.kind === "InvalidInputError") {
    const { field, operation, reason } = failure
    return new InvalidInputError({ operation, field, reason }, true)
  }
  const { kind: _, resumeAfter, retryAfter, waited, ...others } = failure
  const common = {
    ...others,
    retryAfter: duration(retryAfter),
    waited: duration(waited),
    // some servers return cursors that are not ids
    resumeAfter: resumeAfter !== undefined && isPermissionId(resumeAfter) ? resumeAfter : undefined
  }
  switch (failure.kind) {
    case "MissingScopeError":
      return new MissingScopeError({ ...common, scopes: failure.scopes }, true)
    case "ConnectionError":
      return new ConnectionError({ ...common, reason: failure.reason }, true)
    case "RequestTimeoutError":
      return new RequestTimeoutError({ ...common, timeout: duration(failure.timeout) }, true)
    case "InvalidResponseError":
      return new InvalidResponseError({ ...common, reason: failure.reason }, true)
    case "IncompleteListingError":
      return new IncompleteListingError({ ...common, reason: failure.reason, received: failure.received }, true)
    default:
      return new plain[failure.kind](common, true)
  }
}

/**
 * Returns the failure of an error, as plain data. The inverse of {@link fromFailure}.
 *
 * @category conversions
 */
export const toFailure = (error: PermissionsError): Failure => ofError(error, Duration.toMillis)
