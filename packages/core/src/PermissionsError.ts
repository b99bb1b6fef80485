/**
 * Everything an operation can fail with, as one flat union for `Effect.catchTags`. Each says whether another try may help
 * and cannot do harm: `isRetryable`.
 *
 * @since 0.1.0
 */
import { type Failure, isRetryable, type Kind, ofError, operations } from "@checkpoint-permissions/protocol/failure"
import { message } from "@checkpoint-permissions/protocol/messages"
import type * as Cause from "effect/Cause"
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
  /** The root cause of a failed connection. */
  cause: Schema.optional(Schema.Struct({ code: Schema.optional(Schema.String), message: Schema.String })),
  /** True when the server may have executed the request though no reply says so. */
  mayHaveExecuted: Schema.optional(Schema.Boolean).pipe(
    Schema.withDefaults({ constructor: () => false, decoding: () => false })
  )
}

/** What all errors do. */
interface Described {
  /** One line for people. */
  readonly message: string
  /** Whether another try may help and cannot do harm. */
  readonly isRetryable: boolean
}

/** A class of errors that is their schema too, as `Schema.TaggedError` makes it. */
interface ErrorClass<Self, Tag extends Kind, Fields extends Schema.Struct.Fields>
  extends Schema.Class<
    Self,
    Fields & { readonly _tag: Schema.tag<Tag> },
    Schema.Struct.Encoded<Fields & { readonly _tag: Schema.tag<Tag> }>,
    Schema.Struct.Context<Fields>,
    Schema.Struct.Constructor<Fields>,
    Described,
    Cause.YieldableError
  > {
  readonly _tag: Tag
}

function tagged<Self>(): <Tag extends Kind, Own extends Schema.Struct.Fields>(
  tag: Tag,
  own: Own
) => ErrorClass<Self, Tag, typeof fields & Own>
function tagged(): (tag: Kind, own: Record<never, never>) => new (props: never) => Described {
  return (tag, own) =>
    class extends Schema.TaggedError<unknown>(`@checkpoint-permissions/core/${tag}`)(tag, { ...fields, ...own }) {
      override get message(): string {
        return message(ofError(this, Duration.toMillis))
      }
      get isRetryable(): boolean {
        return isRetryable(ofError(this, Duration.toMillis))
      }
    }
}

/**
 * Refused before a request was made: `field` names what, `reason` says why and what to do.
 *
 * @category errors
 */
export class InvalidInputError extends tagged<InvalidInputError>()("InvalidInputError", {
  /** The parameter, option or variable that was refused. */
  field: Schema.String,
  /** Why, and what to do. */
  reason: Schema.String
}) {}

/**
 * The server refused the request as it stands: 400, 422, and any 4xx without an error of its own. Granting or revoking
 * the project that owns the model is one.
 *
 * @category errors
 */
export class BadRequestError extends tagged<BadRequestError>()("BadRequestError", {}) {}

/**
 * The server does not accept the key: it is wrong, revoked or missing (401).
 *
 * @category errors
 */
export class AuthenticationError extends tagged<AuthenticationError>()("AuthenticationError", {}) {}

/**
 * The key is good but lacks `scopes` (401 or 403): an ordinary key, or an admin key without
 * `api.fine_tuning.checkpoints.read` or `.write`.
 *
 * @category errors
 */
export class MissingScopeError extends tagged<MissingScopeError>()("MissingScopeError", {
  /** The scopes the server named. */
  scopes: Schema.Array(Schema.String)
}) {}

/**
 * The key may not do this (403), for a reason other than its scopes.
 *
 * @category errors
 */
export class PermissionDeniedError extends tagged<PermissionDeniedError>()("PermissionDeniedError", {}) {}

/**
 * The checkpoint or the permission does not exist, or not for this key: a 404 with the API's own error envelope. Any
 * other 404 is an `InvalidResponseError`.
 *
 * @category errors
 */
export class NotFoundError extends tagged<NotFoundError>()("NotFoundError", {}) {}

/**
 * The server found a create or a delete in conflict with the present state (409).
 *
 * @category errors
 */
export class ConflictError extends tagged<ConflictError>()("ConflictError", {}) {}

/**
 * Too many requests (429). `retryAfter` is how long the server asks to wait, if it says so.
 *
 * @category errors
 */
export class RateLimitError extends tagged<RateLimitError>()("RateLimitError", {}) {}

/**
 * The organization has no quota or credit left (429 of type or code `insufficient_quota` or
 * `credit_balance_exhausted`). Trying again never helps.
 *
 * @category errors
 */
export class QuotaExhaustedError extends tagged<QuotaExhaustedError>()("QuotaExhaustedError", {}) {}

/**
 * The server or a proxy before it failed (5xx).
 *
 * @category errors
 */
export class ServerError extends tagged<ServerError>()("ServerError", {}) {}

/**
 * No reply: the name did not resolve, or the connection was refused, reset or cut. `reason` is the root cause's code or
 * message.
 *
 * @category errors
 */
export class ConnectionError extends tagged<ConnectionError>()("ConnectionError", {
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
  const { kind: _tag, resumeAfter, ...fields } = failure
  return Schema.decodeUnknownSync(PermissionsError)({
    ...fields,
    _tag,
    // Some servers give cursors that are no ids.
    resumeAfter: resumeAfter !== undefined && isPermissionId(resumeAfter) ? resumeAfter : undefined
  })
}

/**
 * The failure that an error stands for, as plain data: the inverse of {@link fromFailure}.
 *
 * @category conversions
 */
export const toFailure = (error: PermissionsError): Failure => ofError(error, Duration.toMillis)
