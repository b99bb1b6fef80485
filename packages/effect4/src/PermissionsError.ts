/**
 * Everything an operation can fail with, as one flat union for `Effect.catchTags`. Each says whether another try may help
 * and cannot do harm: `isRetryable`.
 *
 * @since 0.1.0
 */
import { type Failure, isRetryable, type Kind, type Operation } from "@checkpoint-permissions/protocol/failure"
import { message } from "@checkpoint-permissions/protocol/messages"
import type * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import { isPermissionId, type PermissionId } from "./Identifiers.ts"

export type {
  /**
   * What was being done: one of the three calls of the API, or the making of a client. `list` also stands for
   * `retrieve`, `pages` and `stream`.
   *
   * @category fields
   */
  Operation
} from "@checkpoint-permissions/protocol/failure"

/**
 * What every error has.
 *
 * @category fields
 */
export interface Fields {
  /** What was being done. */
  readonly operation: Operation
  /** The checkpoint it was done to. */
  readonly checkpoint?: string | undefined
  /** The HTTP status, when there was a reply. */
  readonly status?: number | undefined
  /** `error.message` of the server, or its `error` where that is a text. */
  readonly detail?: string | undefined
  /** `error.code` of the server. */
  readonly code?: string | undefined
  /** `error.param` of the server: the parameter that it refuses. */
  readonly param?: string | undefined
  /** The `x-request-id` header: what OpenAI's support asks for. */
  readonly requestId?: string | undefined
  /** How long the server asks to wait before another try. */
  readonly retryAfter?: Duration.Duration | undefined
  /** The server's own decision on a retry: its `x-should-retry` header. */
  readonly shouldRetry?: boolean | undefined
  /** Requests sent before giving up. */
  readonly attempts?: number | undefined
  /** Time spent between the first attempt and this failure. */
  readonly waited?: Duration.Duration | undefined
  /** Where a listing that failed on the way can be resumed: pass it as `after`. */
  readonly resumeAfter?: PermissionId | undefined
  /** True when the server may have executed the request though no reply says so. */
  readonly mayHaveExecuted: boolean
}

/**
 * What an error is made of: its {@link Fields}, of which `operation` alone is needed. `mayHaveExecuted` is false when
 * left out.
 *
 * @category fields
 */
export interface Input extends Omit<Fields, "mayHaveExecuted"> {
  readonly mayHaveExecuted?: boolean | undefined
}

const duration = (millis: number | undefined): Duration.Duration | undefined =>
  millis === undefined ? undefined : Duration.millis(millis)

const millis = (duration: Duration.Duration | undefined): number | undefined =>
  duration === undefined ? undefined : Duration.toMillis(duration)

/** The fields that only some errors have. */
interface OwnFields {
  readonly field?: string | undefined
  readonly reason?: string | undefined
  readonly scopes?: ReadonlyArray<string> | undefined
  readonly server?: string | undefined
  readonly sent?: boolean | undefined
  readonly timeout?: Duration.Duration | undefined
  readonly received?: number | undefined
}

const failureOf = (error: Fields & OwnFields & { readonly _tag: Kind }): Failure => {
  const { field = "", reason = "", received = 0, scopes = [], sent, server } = error
  const fields = {
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
      return { kind: error._tag, ...fields, field, reason }
    case "MissingScopeError":
      return { kind: error._tag, ...fields, scopes }
    case "ConnectionError":
      return { kind: error._tag, ...fields, reason, server, sent }
    case "RequestTimeoutError":
      return { kind: error._tag, ...fields, timeout: millis(error.timeout) }
    case "InvalidResponseError":
      return { kind: error._tag, ...fields, reason }
    case "IncompleteListingError":
      return { kind: error._tag, ...fields, reason, received }
    default:
      return { kind: error._tag, ...fields }
  }
}

const TypeId = "~@checkpoint-permissions/effect4/PermissionsError"

/** What all errors do. */
interface Described {
  /** One line for people. */
  readonly message: string
  /** Whether another try may help and cannot do harm. */
  readonly isRetryable: boolean
}

const tagged = <Tag extends Kind>(
  tag: Tag
): (new (
  fields: Input
) => Cause.YieldableError & Fields & Described & { readonly _tag: Tag }) =>
  class extends Data.TaggedError(tag)<Fields> {
    readonly [TypeId] = TypeId
    constructor(fields: Input) {
      super({ ...fields, mayHaveExecuted: fields.mayHaveExecuted ?? false })
    }
    override get message(): string {
      return message(failureOf(this))
    }
    get isRetryable(): boolean {
      return isRetryable(failureOf(this))
    }
  }

/**
 * Refused before a request was made: `field` names what, `reason` says why and what to do.
 *
 * @category errors
 */
export class InvalidInputError extends tagged("InvalidInputError") {
  /** The parameter, option or variable that was refused. */
  declare readonly field: string
  /** Why, and what to do. */
  declare readonly reason: string
  constructor(fields: Input & Pick<InvalidInputError, "field" | "reason">) {
    super(fields)
  }
}

/**
 * The server refused the request as it stands: 400, 422, and any 4xx without an error of its own. Granting or revoking
 * the project that owns the model is one.
 *
 * @category errors
 */
export class BadRequestError extends tagged("BadRequestError") {}

/**
 * The server does not accept the key: it is wrong, revoked or missing (401).
 *
 * @category errors
 */
export class AuthenticationError extends tagged("AuthenticationError") {}

/**
 * The key is good but lacks `scopes` (401 or 403): an ordinary key, or an admin key without
 * `api.fine_tuning.checkpoints.read` or `.write`.
 *
 * @category errors
 */
export class MissingScopeError extends tagged("MissingScopeError") {
  /** The scopes the server named. */
  declare readonly scopes: ReadonlyArray<string>
  constructor(fields: Input & Pick<MissingScopeError, "scopes">) {
    super(fields)
  }
}

/**
 * The key may not do this (403), for a reason other than its scopes.
 *
 * @category errors
 */
export class PermissionDeniedError extends tagged("PermissionDeniedError") {}

/**
 * The checkpoint or the permission does not exist, or not for this key: a 404 with the API's own error envelope. Any
 * other 404 is an `InvalidResponseError`.
 *
 * @category errors
 */
export class NotFoundError extends tagged("NotFoundError") {}

/**
 * The server found a create or a delete in conflict with the present state (409).
 *
 * @category errors
 */
export class ConflictError extends tagged("ConflictError") {}

/**
 * Too many requests (429). `retryAfter` is how long the server asks to wait, if it says so.
 *
 * @category errors
 */
export class RateLimitError extends tagged("RateLimitError") {}

/**
 * The organization has no quota or credit left (429 of type or code `insufficient_quota` or
 * `credit_balance_exhausted`). Trying again never helps.
 *
 * @category errors
 */
export class QuotaExhaustedError extends tagged("QuotaExhaustedError") {}

/**
 * The server or a proxy before it failed (5xx).
 *
 * @category errors
 */
export class ServerError extends tagged("ServerError") {}

/**
 * No reply: the name did not resolve, or the connection was refused, reset or cut. `reason` is the root cause's code or
 * message.
 *
 * @category errors
 */
export class ConnectionError extends tagged("ConnectionError") {
  /** The root cause's code (`ECONNREFUSED`) or message. */
  declare readonly reason: string
  /** The base URL. */
  declare readonly server?: string | undefined
  /** Something may have been sent before it broke. */
  declare readonly sent?: boolean | undefined
  constructor(fields: Input & Pick<ConnectionError, "reason" | "server" | "sent">) {
    super(fields)
  }
}

/**
 * An attempt took longer than its timeout, or the server said so (408).
 *
 * @category errors
 */
export class RequestTimeoutError extends tagged("RequestTimeoutError") {
  /** The timeout of an attempt, when it was the client's. */
  declare readonly timeout?: Duration.Duration | undefined
  constructor(fields: Input & Pick<RequestTimeoutError, "timeout">) {
    super(fields)
  }
}

/**
 * A reply that is not what the API promises: a 2xx whose body does not decode, any redirect (never followed, since it
 * would carry the key elsewhere), or a 404 that is not the API's. Usually the base URL is wrong.
 *
 * @category errors
 */
export class InvalidResponseError extends tagged("InvalidResponseError") {
  /** What is wrong with the reply. */
  declare readonly reason: string
  constructor(fields: Input & Pick<InvalidResponseError, "reason">) {
    super(fields)
  }
}

/**
 * A listing that cannot be trusted to be whole. What came before it is good; `resumeAfter`, where known, is where to go
 * on.
 *
 * @category errors
 */
export class IncompleteListingError extends tagged("IncompleteListingError") {
  /** Why it cannot be trusted. */
  declare readonly reason: string
  /** Permissions received before it failed. */
  declare readonly received: number
  constructor(fields: Input & Pick<IncompleteListingError, "reason" | "received">) {
    super(fields)
  }
}

/**
 * Everything an operation can fail with.
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
 * Whether a value is one of the errors of this module.
 *
 * @category guards
 */
export const isPermissionsError = (u: unknown): u is PermissionsError => Predicate.hasProperty(u, TypeId)

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

/**
 * The error for a failure of `@checkpoint-permissions/protocol`. All errors of this package are made here.
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

/**
 * The failure that an error stands for, as plain data: the inverse of {@link fromFailure}.
 *
 * @category conversions
 */
export const toFailure: (error: PermissionsError) => Failure = failureOf
