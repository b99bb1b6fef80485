/**
 * Everything an operation can fail with, as one flat union for `Effect.catchTags`. Each says whether another try may help
 * and cannot do harm: `isRetryable`.
 *
 * @since 0.1.0
 */
import { type Failure, ofError } from "@checkpoint-permissions/protocol/failure"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { isPermissionId } from "./Identifiers.ts"
import { fields, Operation, tagged } from "./internal/errorClass.ts"

export { Operation }

/**
 * Refused before a request was made: `field` names what, `reason` says why and what to do.
 *
 * @category errors
 */
export class InvalidInputError extends tagged<InvalidInputError>()("InvalidInputError", {
  operation: Operation,
  /** The parameter, option or variable that was refused. */
  field: Schema.String,
  /** Why, and what to do. */
  reason: Schema.String
}) {
  /** No request was made. */
  get mayHaveExecuted(): false {
    return false
  }
}

/**
 * The server refused the request as it stands: 400, 422, and any 4xx without an error of its own. Granting or revoking
 * the project that owns the model is one.
 *
 * @category errors
 */
export class BadRequestError extends tagged<BadRequestError>()("BadRequestError", fields) {}

/**
 * The server does not accept the key: it is wrong, revoked or missing (401).
 *
 * @category errors
 */
export class AuthenticationError extends tagged<AuthenticationError>()("AuthenticationError", fields) {}

/**
 * The key is good but lacks `scopes` (401 or 403): an ordinary key, or an admin key without
 * `api.fine_tuning.checkpoints.read` or `.write`.
 *
 * @category errors
 */
export class MissingScopeError extends tagged<MissingScopeError>()("MissingScopeError", {
  ...fields,
  /** The scopes the server named. */
  scopes: Schema.Array(Schema.String)
}) {}

/**
 * The key may not do this (403), for a reason other than its scopes.
 *
 * @category errors
 */
export class PermissionDeniedError extends tagged<PermissionDeniedError>()("PermissionDeniedError", fields) {}

/**
 * The checkpoint or the permission does not exist, or not for this key: a 404 with the API's own error envelope. Any
 * other 404 is an `InvalidResponseError`.
 *
 * @category errors
 */
export class NotFoundError extends tagged<NotFoundError>()("NotFoundError", fields) {}

/**
 * The server found a create or a delete in conflict with the present state (409).
 *
 * @category errors
 */
export class ConflictError extends tagged<ConflictError>()("ConflictError", fields) {}

/**
 * Too many requests (429). `retryAfter` is how long the server asks to wait, if it says so.
 *
 * @category errors
 */
export class RateLimitError extends tagged<RateLimitError>()("RateLimitError", fields) {}

/**
 * The organization has no quota or credit left (429 of type or code `insufficient_quota` or
 * `credit_balance_exhausted`). Trying again never helps.
 *
 * @category errors
 */
export class QuotaExhaustedError extends tagged<QuotaExhaustedError>()("QuotaExhaustedError", fields) {}

/**
 * The server or a proxy before it failed (5xx).
 *
 * @category errors
 */
export class ServerError extends tagged<ServerError>()("ServerError", fields) {}

/**
 * No reply: the name did not resolve, or the connection was refused, reset or cut. `reason` is the root cause's code or
 * message.
 *
 * @category errors
 */
export class ConnectionError extends tagged<ConnectionError>()("ConnectionError", {
  ...fields,
  /** The root cause's code (`ECONNREFUSED`) or message. */
  reason: Schema.String,
  /** The base URL. */
  server: Schema.optional(Schema.String),
  /** Something may have been sent before it broke. */
  sent: Schema.optional(Schema.Boolean)
}) {}

/**
 * An attempt took longer than its timeout, or the server said so (408).
 *
 * @category errors
 */
export class RequestTimeoutError extends tagged<RequestTimeoutError>()("RequestTimeoutError", {
  ...fields,
  /** The timeout of an attempt, when it was the client's. */
  timeout: Schema.optional(Schema.DurationFromMillis)
}) {}

/**
 * A reply that is not what the API promises: a 2xx whose body does not decode, any redirect (never followed, since it
 * would carry the key elsewhere), or a 404 that is not the API's. Usually the base URL is wrong.
 *
 * @category errors
 */
export class InvalidResponseError extends tagged<InvalidResponseError>()("InvalidResponseError", {
  ...fields,
  /** What is wrong with the reply. */
  reason: Schema.String
}) {}

/**
 * A listing that cannot be trusted to be whole. What came before it is good; `resumeAfter`, where known, is where to go
 * on.
 *
 * @category errors
 */
export class IncompleteListingError extends tagged<IncompleteListingError>()("IncompleteListingError", {
  ...fields,
  /** Why it cannot be trusted. */
  reason: Schema.String,
  /** Permissions received before it failed. */
  received: Schema.Int
}) {}

/**
 * The union as a schema, to carry errors across a boundary.
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
 * Everything an operation can fail with.
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

/** @category errors */
export const isPermissionsError = /* @__PURE__ */ Schema.is(PermissionsError)

const duration = (millis: number | undefined): Duration.Duration | undefined =>
  millis === undefined ? undefined : Duration.millis(millis)

/** The classes without fields of their own. */
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
 * The error for a failure of `@checkpoint-permissions/protocol`. All errors of the client are made here.
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
    // Some servers give cursors that are no ids.
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
 * The failure that an error stands for, as plain data: the inverse of {@link fromFailure}.
 *
 * @category conversions
 */
export const toFailure = (error: PermissionsError): Failure => ofError(error, Duration.toMillis)
