/**
 * The errors of all operations, as one flat union for `Effect.catchTags`. `isRetryable` of an error is true if another
 * attempt may help and can do no harm.
 */
import {
  type Failure,
  type Fields as FailureFields,
  isRetryable,
  type Kind,
  type Operation,
  type OwnFields,
  ofError,
  present
} from "@checkpoint-permissions/protocol/failure"
import { message } from "@checkpoint-permissions/protocol/messages"
import type * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import { isPermissionId, type PermissionId } from "./Identifiers.ts"

export type {
  /** An error as plain data, the argument of {@link fromFailure}. */
  Failure,
  /**
   * The operation that failed: one of the calls of the API, or making the client. `list` includes `retrieve`, `pages`
   * and `stream`.
   *
   * @category fields
   */
  Operation
} from "@checkpoint-permissions/protocol/failure"

/**
 * The fields of every error: those of a failure of `@checkpoint-permissions/protocol`, with durations.
 *
 * @category fields
 */
export interface Fields extends Omit<FailureFields, "retryAfter" | "waited" | "resumeAfter"> {
  /** The delay that the server asks for before another attempt. */
  readonly retryAfter?: Duration.Duration | undefined
  /** The time from the first attempt to this failure. */
  readonly waited?: Duration.Duration | undefined
  /** The id at which to resume a failed listing: pass it as `after`. */
  readonly resumeAfter?: PermissionId | undefined
}

/**
 * The argument of a constructor: the {@link Fields}. Only `operation` is required. Default of `mayHaveExecuted`: false.
 *
 * @category fields
 */
export interface Input extends Omit<Fields, "mayHaveExecuted"> {
  readonly mayHaveExecuted?: boolean | undefined
}

const duration = (millis: number | undefined): Duration.Duration | undefined =>
  millis === undefined ? undefined : Duration.millis(millis)

/** The members of every error that are not fields. */
interface Described {
  /** The message: one line that says what failed and what to do. */
  readonly message: string
  /** True if another attempt may help and can do no harm. */
  readonly isRetryable: boolean
}

const TypeId = "~@checkpoint-permissions/effect4/PermissionsError"

/** A class of errors, with the fields of its tag. */
interface ErrorClass<Tag extends Kind, Given, Has> {
  new (
    fields: Given & OwnFields<Duration.Duration>[Tag]
  ): Cause.YieldableError & Has & OwnFields<Duration.Duration>[Tag] & Described & { readonly _tag: Tag }
}

/**
 * The fields of `InvalidInputError`. The fields of request errors are declared as absent, so that code for any error
 * can read them.
 */
type Refused = { readonly operation: Operation } & {
  readonly [K in Exclude<keyof Fields, "operation" | "mayHaveExecuted">]?: undefined
}

function tagged<Tag extends Kind>(tag: Tag): ErrorClass<Tag, Input, Fields>
function tagged<Tag extends Kind>(tag: Tag, defaults: object): ErrorClass<Tag, Pick<Fields, "operation">, Refused>
function tagged(tag: Kind, defaults: object = { mayHaveExecuted: false }) {
  return class extends Data.TaggedError(tag)<Fields> {
    constructor(fields: Fields) {
      super({ ...defaults, ...present(fields) })
    }
    /** On the prototype, so that no text or JSON of an error contains it. */
    get [TypeId](): string {
      return TypeId
    }
    override get message(): string {
      return message(ofError(this, Duration.toMillis))
    }
    get isRetryable(): boolean {
      return isRetryable(ofError(this, Duration.toMillis))
    }
  }
}

/** Input was refused before a request was sent. `field` is its name, `reason` says why and what to do. */
export class InvalidInputError extends tagged("InvalidInputError", {}) {
  constructor({ field, operation, reason }: Pick<Fields, "operation"> & OwnFields["InvalidInputError"]) {
    super({ operation, field, reason })
  }
  /** Always false: no request was sent. */
  get mayHaveExecuted(): false {
    return false
  }
}

/**
 * The server refused the request: 400, 422, and any 4xx without an error of its own. Granting or revoking the project
 * that owns the model is an example.
 */
export class BadRequestError extends tagged("BadRequestError") {}

/** The server does not accept the key: it is wrong, revoked or missing (401). */
export class AuthenticationError extends tagged("AuthenticationError") {}

/**
 * The key is valid but lacks `scopes` (401 or 403): an ordinary key, or an admin key without
 * `api.fine_tuning.checkpoints.read` or `.write`.
 */
export class MissingScopeError extends tagged("MissingScopeError") {}

/** The key is not allowed to do this (403), for a reason other than its scopes. */
export class PermissionDeniedError extends tagged("PermissionDeniedError") {}

/**
 * The checkpoint or the permission does not exist, or is not visible to this key: a 404 with the API's own error
 * envelope. Any other 404 is an `InvalidResponseError`.
 */
export class NotFoundError extends tagged("NotFoundError") {}

/** A create or a delete conflicts with the current state (409). */
export class ConflictError extends tagged("ConflictError") {}

/** Too many requests (429). `retryAfter` is the delay that the server asks for, if there is one. */
export class RateLimitError extends tagged("RateLimitError") {}

/**
 * The organization has no quota or credit left (429 with the type or code `insufficient_quota` or
 * `credit_balance_exhausted`). A retry never helps.
 */
export class QuotaExhaustedError extends tagged("QuotaExhaustedError") {}

/** The server or a proxy failed (5xx). */
export class ServerError extends tagged("ServerError") {}

/**
 * There was no reply: the name was not resolved, or the connection was refused, reset or closed. `reason` is the code
 * or message of the root cause.
 */
export class ConnectionError extends tagged("ConnectionError") {}

/** An attempt took longer than its timeout, or the server reported a timeout (408). */
export class RequestTimeoutError extends tagged("RequestTimeoutError") {}

/**
 * The reply does not conform to the API: a 2xx whose body does not decode, a redirect, or a 404 that is not the API's.
 * A redirect is never followed, since it would send the key elsewhere. Usually the base URL is wrong.
 */
export class InvalidResponseError extends tagged("InvalidResponseError") {}

/**
 * A listing may be incomplete. The items before it are valid. `resumeAfter`, if known, is the id at which to resume.
 */
export class IncompleteListingError extends tagged("IncompleteListingError") {}

/**
 * Any error of an operation.
 *
 * @example
 * ```ts effect4
 * import type { PermissionsError } from "@checkpoint-permissions/effect4"
 * import { Effect } from "effect"
 *
 * const orNone = (listing: Effect.Effect<number, PermissionsError.PermissionsError>) =>
 *   listing.pipe(
 *     Effect.catchTags({
 *       NotFoundError: () => Effect.succeed(0),
 *       MissingScopeError: (error) => Effect.die(`ask for ${error.scopes.join(", ")}`)
 *     })
 *   )
 * ```
 *
 * @category errors
 */
export type PermissionsError =
  | InvalidInputError
  | BadRequestError
  | AuthenticationError
  | MissingScopeError
  | PermissionDeniedError
  | NotFoundError
  | ConflictError
  | RateLimitError
  | QuotaExhaustedError
  | ServerError
  | ConnectionError
  | RequestTimeoutError
  | InvalidResponseError
  | IncompleteListingError

/**
 * Returns true if a value is one of the errors of this module.
 *
 * @category guards
 */
export const isPermissionsError = (u: unknown): u is PermissionsError => Predicate.hasProperty(u, TypeId)

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
 * Makes the error for a failure of `@checkpoint-permissions/protocol`. All errors of this package are made here.
 *
 * @category constructors
 */
export function fromFailure(
  failure: Exclude<Failure, { readonly kind: "IncompleteListingError" }>
): Exclude<PermissionsError, IncompleteListingError>
export function fromFailure(failure: Failure): PermissionsError
export function fromFailure(failure: Failure): PermissionsError {
  if (failure.kind === "InvalidInputError") return new InvalidInputError(failure)
  const { kind: _, retryAfter, waited, resumeAfter, ...others } = failure
  const common = {
    ...others,
    retryAfter: duration(retryAfter),
    waited: duration(waited),
    // some servers return cursors that are not ids
    resumeAfter: resumeAfter !== undefined && isPermissionId(resumeAfter) ? resumeAfter : undefined
  }
  switch (failure.kind) {
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

/**
 * Returns the failure of an error, as plain data. The inverse of {@link fromFailure}.
 *
 * @category conversions
 */
export const toFailure = (error: PermissionsError): Failure => ofError(error, Duration.toMillis)
