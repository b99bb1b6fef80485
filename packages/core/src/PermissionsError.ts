/**
 * Everything an operation can fail with, as one flat union for `Effect.catchTags`. Each says whether another try may help
 * and cannot do harm: `isRetryable`.
 *
 * @since 0.1.0
 */
import { type Failure, isRetryable, operations } from "@checkpoint-permissions/protocol/failure"
import { message } from "@checkpoint-permissions/protocol/messages"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { isPermissionId, PermissionId } from "./Identifiers.ts"

/**
 * What was being done: one of the three calls of checkpoint permissions, a list of `Organization` or `ProjectModels`,
 * or the making of a client. `list` also stands for `retrieve`, `pages` and `stream`.
 *
 * @category fields
 */
export const Operation = Schema.Literal(...operations)

/** @category fields */
export type Operation = typeof Operation.Type

const fields = {
  /** What was being done. */
  operation: Operation,
  /** The checkpoint it was done to. */
  checkpoint: Schema.optional(Schema.String),
  /** The HTTP status, when there was a reply. */
  status: Schema.optional(Schema.Int),
  /** `error.message` of the server, or its `error` where that is a text. */
  detail: Schema.optional(Schema.String),
  /** `error.code` of the server. */
  code: Schema.optional(Schema.String),
  /** `error.param` of the server: the parameter that it refuses. */
  param: Schema.optional(Schema.String),
  /** The `x-request-id` header: what OpenAI's support asks for. */
  requestId: Schema.optional(Schema.String),
  /** How long the server asks to wait before another try. */
  retryAfter: Schema.optional(Schema.DurationFromMillis),
  /** The server's own decision on a retry: its `x-should-retry` header. */
  shouldRetry: Schema.optional(Schema.Boolean),
  /** Requests sent before giving up. */
  attempts: Schema.optional(Schema.Int),
  /** Time spent between the first attempt and this failure. */
  waited: Schema.optional(Schema.DurationFromMillis),
  /** Where a listing that failed on the way can be resumed: pass it as `after`. */
  resumeAfter: Schema.optional(PermissionId),
  /** True when the server may have executed the request though no reply says so. */
  mayHaveExecuted: Schema.optional(Schema.Boolean).pipe(
    Schema.withDefaults({ constructor: () => false, decoding: () => false })
  )
}

/**
 * Refused before a request was made: `field` names what, `reason` says why and what to do.
 *
 * @category errors
 */
export class InvalidInputError extends Schema.TaggedError<InvalidInputError>(
  "@checkpoint-permissions/core/InvalidInputError"
)("InvalidInputError", {
  ...fields,
  /** The parameter, option or variable that was refused. */
  field: Schema.String,
  /** Why, and what to do. */
  reason: Schema.String
}) {
  /** One line for people. */
  override get message(): string {
    return message(toFailure(this))
  }
  /** Whether another try may help and cannot do harm. */
  get isRetryable(): boolean {
    return isRetryable(toFailure(this))
  }
}

/**
 * The server refused the request as it stands: 400, 422, and any 4xx without an error of its own. Granting or revoking
 * the project that owns the model is one.
 *
 * @category errors
 */
export class BadRequestError extends Schema.TaggedError<BadRequestError>(
  "@checkpoint-permissions/core/BadRequestError"
)("BadRequestError", fields) {
  /** One line for people. */
  override get message(): string {
    return message(toFailure(this))
  }
  /** Whether another try may help and cannot do harm. */
  get isRetryable(): boolean {
    return isRetryable(toFailure(this))
  }
}

/**
 * The server does not accept the key: it is wrong, revoked or missing (401).
 *
 * @category errors
 */
export class AuthenticationError extends Schema.TaggedError<AuthenticationError>(
  "@checkpoint-permissions/core/AuthenticationError"
)("AuthenticationError", fields) {
  /** One line for people. */
  override get message(): string {
    return message(toFailure(this))
  }
  /** Whether another try may help and cannot do harm. */
  get isRetryable(): boolean {
    return isRetryable(toFailure(this))
  }
}

/**
 * The key is good but lacks `scopes` (401 or 403): an ordinary key, or an admin key without
 * `api.fine_tuning.checkpoints.read` or `.write`.
 *
 * @category errors
 */
export class MissingScopeError extends Schema.TaggedError<MissingScopeError>(
  "@checkpoint-permissions/core/MissingScopeError"
)("MissingScopeError", {
  ...fields,
  /** The scopes the server named. */
  scopes: Schema.Array(Schema.String)
}) {
  /** One line for people. */
  override get message(): string {
    return message(toFailure(this))
  }
  /** Whether another try may help and cannot do harm. */
  get isRetryable(): boolean {
    return isRetryable(toFailure(this))
  }
}

/**
 * The key may not do this (403), for a reason other than its scopes.
 *
 * @category errors
 */
export class PermissionDeniedError extends Schema.TaggedError<PermissionDeniedError>(
  "@checkpoint-permissions/core/PermissionDeniedError"
)("PermissionDeniedError", fields) {
  /** One line for people. */
  override get message(): string {
    return message(toFailure(this))
  }
  /** Whether another try may help and cannot do harm. */
  get isRetryable(): boolean {
    return isRetryable(toFailure(this))
  }
}

/**
 * The checkpoint or the permission does not exist, or not for this key: a 404 with the API's own error envelope. Any
 * other 404 is an `InvalidResponseError`.
 *
 * @category errors
 */
export class NotFoundError extends Schema.TaggedError<NotFoundError>("@checkpoint-permissions/core/NotFoundError")(
  "NotFoundError",
  fields
) {
  /** One line for people. */
  override get message(): string {
    return message(toFailure(this))
  }
  /** Whether another try may help and cannot do harm. */
  get isRetryable(): boolean {
    return isRetryable(toFailure(this))
  }
}

/**
 * The server found a create or a delete in conflict with the present state (409).
 *
 * @category errors
 */
export class ConflictError extends Schema.TaggedError<ConflictError>("@checkpoint-permissions/core/ConflictError")(
  "ConflictError",
  fields
) {
  /** One line for people. */
  override get message(): string {
    return message(toFailure(this))
  }
  /** Whether another try may help and cannot do harm. */
  get isRetryable(): boolean {
    return isRetryable(toFailure(this))
  }
}

/**
 * Too many requests (429). `retryAfter` is how long the server asks to wait, if it says so.
 *
 * @category errors
 */
export class RateLimitError extends Schema.TaggedError<RateLimitError>("@checkpoint-permissions/core/RateLimitError")(
  "RateLimitError",
  fields
) {
  /** One line for people. */
  override get message(): string {
    return message(toFailure(this))
  }
  /** Whether another try may help and cannot do harm. */
  get isRetryable(): boolean {
    return isRetryable(toFailure(this))
  }
}

/**
 * The organization has no quota or credit left (429 of type or code `insufficient_quota` or
 * `credit_balance_exhausted`). Trying again never helps.
 *
 * @category errors
 */
export class QuotaExhaustedError extends Schema.TaggedError<QuotaExhaustedError>(
  "@checkpoint-permissions/core/QuotaExhaustedError"
)("QuotaExhaustedError", fields) {
  /** One line for people. */
  override get message(): string {
    return message(toFailure(this))
  }
  /** Whether another try may help and cannot do harm. */
  get isRetryable(): boolean {
    return isRetryable(toFailure(this))
  }
}

/**
 * The server or a proxy before it failed (5xx).
 *
 * @category errors
 */
export class ServerError extends Schema.TaggedError<ServerError>("@checkpoint-permissions/core/ServerError")(
  "ServerError",
  fields
) {
  /** One line for people. */
  override get message(): string {
    return message(toFailure(this))
  }
  /** Whether another try may help and cannot do harm. */
  get isRetryable(): boolean {
    return isRetryable(toFailure(this))
  }
}

/**
 * No reply: the name did not resolve, or the connection was refused, reset or cut. `reason` is the root cause's code or
 * message.
 *
 * @category errors
 */
export class ConnectionError extends Schema.TaggedError<ConnectionError>(
  "@checkpoint-permissions/core/ConnectionError"
)("ConnectionError", {
  ...fields,
  /** The root cause's code (`ECONNREFUSED`) or message. */
  reason: Schema.String,
  /** The base URL. */
  server: Schema.optional(Schema.String),
  /** Something may have been sent before it broke. */
  sent: Schema.optional(Schema.Boolean)
}) {
  /** One line for people. */
  override get message(): string {
    return message(toFailure(this))
  }
  /** Whether another try may help and cannot do harm. */
  get isRetryable(): boolean {
    return isRetryable(toFailure(this))
  }
}

/**
 * An attempt took longer than its timeout, or the server said so (408).
 *
 * @category errors
 */
export class RequestTimeoutError extends Schema.TaggedError<RequestTimeoutError>(
  "@checkpoint-permissions/core/RequestTimeoutError"
)("RequestTimeoutError", {
  ...fields,
  /** The timeout of an attempt, when it was the client's. */
  timeout: Schema.optional(Schema.DurationFromMillis)
}) {
  /** One line for people. */
  override get message(): string {
    return message(toFailure(this))
  }
  /** Whether another try may help and cannot do harm. */
  get isRetryable(): boolean {
    return isRetryable(toFailure(this))
  }
}

/**
 * A reply that is not what the API promises: a 2xx whose body does not decode, any redirect (never followed, since it
 * would carry the key elsewhere), or a 404 that is not the API's. Usually the base URL is wrong.
 *
 * @category errors
 */
export class InvalidResponseError extends Schema.TaggedError<InvalidResponseError>(
  "@checkpoint-permissions/core/InvalidResponseError"
)("InvalidResponseError", {
  ...fields,
  /** What is wrong with the reply. */
  reason: Schema.String
}) {
  /** One line for people. */
  override get message(): string {
    return message(toFailure(this))
  }
  /** Whether another try may help and cannot do harm. */
  get isRetryable(): boolean {
    return isRetryable(toFailure(this))
  }
}

/**
 * A listing that cannot be trusted to be whole. What came before it is good; `resumeAfter`, where known, is where to go
 * on.
 *
 * @category errors
 */
export class IncompleteListingError extends Schema.TaggedError<IncompleteListingError>(
  "@checkpoint-permissions/core/IncompleteListingError"
)("IncompleteListingError", {
  ...fields,
  /** Why it cannot be trusted. */
  reason: Schema.String,
  /** Permissions received before it failed. */
  received: Schema.Int
}) {
  /** One line for people. */
  override get message(): string {
    return message(toFailure(this))
  }
  /** Whether another try may help and cannot do harm. */
  get isRetryable(): boolean {
    return isRetryable(toFailure(this))
  }
}

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

/** Those with no fields of their own. */
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

const duration = (millis: number | undefined): Duration.Duration | undefined =>
  millis === undefined ? undefined : Duration.millis(millis)

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
  const { kind: _, retryAfter, waited, resumeAfter, ...others } = failure
  const common = {
    ...others,
    retryAfter: duration(retryAfter),
    waited: duration(waited),
    // Some servers give cursors that are no ids.
    resumeAfter: resumeAfter !== undefined && isPermissionId(resumeAfter) ? resumeAfter : undefined
  }
  switch (failure.kind) {
    case "InvalidInputError":
      return new InvalidInputError({ ...common, field: failure.field, reason: failure.reason })
    case "MissingScopeError":
      return new MissingScopeError({ ...common, scopes: failure.scopes })
    case "ConnectionError":
      return new ConnectionError({ ...common, reason: failure.reason, server: failure.server, sent: failure.sent })
    case "RequestTimeoutError":
      return new RequestTimeoutError({ ...common, timeout: duration(failure.timeout) })
    case "InvalidResponseError":
      return new InvalidResponseError({ ...common, reason: failure.reason })
    case "IncompleteListingError":
      return new IncompleteListingError({ ...common, reason: failure.reason, received: failure.received })
    default:
      return new plain[failure.kind](common)
  }
}

const millis = (duration: Duration.Duration | undefined): number | undefined =>
  duration === undefined ? undefined : Duration.toMillis(duration)

/**
 * The failure that an error stands for, as plain data: the inverse of {@link fromFailure}.
 *
 * @category conversions
 */
export const toFailure = (error: PermissionsError): Failure => {
  const common = {
    operation: error.operation,
    checkpoint: error.checkpoint,
    status: error.status,
    detail: error.detail,
    code: error.code,
    param: error.param,
    requestId: error.requestId,
    retryAfter: millis(error.retryAfter),
    shouldRetry: error.shouldRetry,
    attempts: error.attempts,
    waited: millis(error.waited),
    resumeAfter: error.resumeAfter,
    mayHaveExecuted: error.mayHaveExecuted
  }
  switch (error._tag) {
    case "InvalidInputError":
      return { kind: error._tag, ...common, field: error.field, reason: error.reason }
    case "MissingScopeError":
      return { kind: error._tag, ...common, scopes: error.scopes }
    case "ConnectionError":
      return { kind: error._tag, ...common, reason: error.reason, server: error.server, sent: error.sent }
    case "RequestTimeoutError":
      return { kind: error._tag, ...common, timeout: millis(error.timeout) }
    case "InvalidResponseError":
      return { kind: error._tag, ...common, reason: error.reason }
    case "IncompleteListingError":
      return { kind: error._tag, ...common, reason: error.reason, received: error.received }
    default:
      return { kind: error._tag, ...common }
  }
}
