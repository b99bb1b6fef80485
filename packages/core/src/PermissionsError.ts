/**
 * Everything an operation can fail with, as one flat union for
 * `Effect.catchTags`.
 *
 * | `_tag` | when | retried |
 * | --- | --- | --- |
 * | `InvalidInput` | refused before a request | no |
 * | `BadRequest` | 400, 422 and other 4xx | no |
 * | `Unauthorized` | 401: the key is wrong or missing | no |
 * | `MissingScope` | 401 or 403 that names scopes | no |
 * | `PermissionDenied` | other 403 | no |
 * | `NotFound` | 404 with the API's own error envelope | no |
 * | `Conflict` | 409 | yes, except create |
 * | `RateLimited` | 429 | yes |
 * | `QuotaExhausted` | 429 because of quota or credit | never |
 * | `ServerError` | 5xx | yes; create never |
 * | `ConnectionFailed` | DNS, refused, reset | yes; create only if no connection was made |
 * | `TimedOut` | an attempt took longer than its timeout, or 408 | yes; create never |
 * | `InvalidResponse` | a 2xx that is not what the API promises, any 3xx, a 404 that is not the API's | no |
 * | `IncompleteListing` | a listing that cannot be trusted | no |
 *
 * @since 0.1.0
 */
import { type Failure, isRetryable } from "@checkpoint-permissions/protocol/failure"
import { message } from "@checkpoint-permissions/protocol/messages"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { isPermissionId, PermissionId } from "./Identifiers.ts"

/**
 * What was being done: one of the three calls of the API, or the making of a
 * client. `list` also stands for `retrieve`, `pages` and `stream`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { PermissionsError } from "@checkpoint-permissions/core"
 *
 * assert.deepEqual(PermissionsError.Operation.literals, ["list", "create", "delete", "make"])
 * ```
 *
 * @category fields
 * @since 0.1.0
 */
export const Operation = Schema.Literal("list", "create", "delete", "make")

/**
 * @category fields
 * @since 0.1.0
 */
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
 * Refused before a request was made: `field` names what, `reason` says why and
 * what to do.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { PermissionsError } from "@checkpoint-permissions/core"
 *
 * const error = new PermissionsError.InvalidInput({ operation: "list", field: "limit", reason: "limit is 0" })
 * assert.equal(error.field, "limit")
 * assert.equal(error.isRetryable, false)
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidInput extends Schema.TaggedError<InvalidInput>("@checkpoint-permissions/core/InvalidInput")(
  "InvalidInput",
  {
    ...fields,
    /** The parameter, option or variable that was refused. */
    field: Schema.String,
    /** Why, and what to do. */
    reason: Schema.String
  }
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
 * The server refused the request as it stands: 400, 422, and any 4xx without an
 * error of its own. Granting or revoking the project that owns the model is one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { PermissionsError } from "@checkpoint-permissions/core"
 * import { Effect } from "effect"
 *
 * const granting = Effect.fail(
 *   new PermissionsError.BadRequest({ operation: "create", status: 400, param: "project_ids" })
 * )
 * const refused = await granting.pipe(
 *   Effect.catchTag("BadRequest", (error) => Effect.succeed(error.param)),
 *   Effect.runPromise
 * )
 * assert.equal(refused, "project_ids")
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class BadRequest extends Schema.TaggedError<BadRequest>("@checkpoint-permissions/core/BadRequest")(
  "BadRequest",
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
 * The server does not accept the key: it is wrong, revoked or missing (401).
 *
 * @example
 * ```ts
 * import { PermissionsError } from "@checkpoint-permissions/core"
 * import { Effect } from "effect"
 *
 * const listing = Effect.fail(new PermissionsError.Unauthorized({ operation: "list", status: 401 }))
 * const handled = listing.pipe(
 *   Effect.catchTag("Unauthorized", (error) => Effect.logError(`set another key: ${error.message}`))
 * )
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class Unauthorized extends Schema.TaggedError<Unauthorized>("@checkpoint-permissions/core/Unauthorized")(
  "Unauthorized",
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
 * The key is good but lacks `scopes` (401 or 403): an ordinary key, or an admin
 * key without `api.fine_tuning.checkpoints.read` or `.write`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { PermissionsError } from "@checkpoint-permissions/core"
 * import { Effect } from "effect"
 *
 * const listing = Effect.fail(
 *   new PermissionsError.MissingScope({ operation: "list", scopes: ["api.fine_tuning.checkpoints.read"] })
 * )
 * const missing = await listing.pipe(
 *   Effect.catchTag("MissingScope", (error) => Effect.succeed(error.scopes)),
 *   Effect.runPromise
 * )
 * assert.deepEqual(missing, ["api.fine_tuning.checkpoints.read"])
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class MissingScope extends Schema.TaggedError<MissingScope>("@checkpoint-permissions/core/MissingScope")(
  "MissingScope",
  {
    ...fields,
    /** The scopes the server named. */
    scopes: Schema.Array(Schema.String)
  }
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
 * The key may not do this (403), for a reason other than its scopes.
 *
 * @example
 * ```ts
 * import { PermissionsError } from "@checkpoint-permissions/core"
 * import { Effect } from "effect"
 *
 * const deleting = Effect.fail(new PermissionsError.PermissionDenied({ operation: "delete", status: 403 }))
 * const handled = deleting.pipe(Effect.catchTag("PermissionDenied", (error) => Effect.logError(error.message)))
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class PermissionDenied extends Schema.TaggedError<PermissionDenied>(
  "@checkpoint-permissions/core/PermissionDenied"
)("PermissionDenied", fields) {
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
 * The checkpoint or the permission does not exist, or not for this key: a 404
 * with the API's own error envelope. Any other 404 is an `InvalidResponse`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { PermissionsError } from "@checkpoint-permissions/core"
 * import { Effect } from "effect"
 *
 * const listing: Effect.Effect<ReadonlyArray<string>, PermissionsError.NotFound> = Effect.fail(
 *   new PermissionsError.NotFound({ operation: "list", status: 404 })
 * )
 * const projects = listing.pipe(Effect.catchTag("NotFound", () => Effect.succeed([])))
 * assert.deepEqual(await Effect.runPromise(projects), [])
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class NotFound extends Schema.TaggedError<NotFound>("@checkpoint-permissions/core/NotFound")(
  "NotFound",
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
 * The server found the request in conflict with the present state (409).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { PermissionsError } from "@checkpoint-permissions/core"
 *
 * assert.equal(new PermissionsError.Conflict({ operation: "delete", status: 409 }).isRetryable, true)
 * assert.equal(new PermissionsError.Conflict({ operation: "create", status: 409 }).isRetryable, false)
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class Conflict extends Schema.TaggedError<Conflict>("@checkpoint-permissions/core/Conflict")(
  "Conflict",
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
 * Too many requests (429). `retryAfter` is how long the server asks to wait, if
 * it says so.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { PermissionsError } from "@checkpoint-permissions/core"
 * import { Duration } from "effect"
 *
 * const error = new PermissionsError.RateLimited({ operation: "list", status: 429, retryAfter: Duration.seconds(20) })
 * assert.equal(error.isRetryable, true)
 * assert.match(error.message, /20/)
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class RateLimited extends Schema.TaggedError<RateLimited>("@checkpoint-permissions/core/RateLimited")(
  "RateLimited",
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
 * The organization has no quota or credit left (429 of type or code
 * `insufficient_quota` or `credit_balance_exhausted`). Trying again never helps.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { PermissionsError } from "@checkpoint-permissions/core"
 *
 * const error = new PermissionsError.QuotaExhausted({ operation: "list", status: 429, code: "insufficient_quota" })
 * assert.equal(error.isRetryable, false)
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class QuotaExhausted extends Schema.TaggedError<QuotaExhausted>("@checkpoint-permissions/core/QuotaExhausted")(
  "QuotaExhausted",
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
 * The server or a proxy before it failed (5xx).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { PermissionsError } from "@checkpoint-permissions/core"
 *
 * const error = new PermissionsError.ServerError({ operation: "create", status: 502, mayHaveExecuted: true })
 * // a create that may have been executed is not sent again
 * assert.equal(error.isRetryable, false)
 * ```
 *
 * @category errors
 * @since 0.1.0
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
 * No reply: the name did not resolve, or the connection was refused, reset or
 * cut. `reason` is the root cause's code or message.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { PermissionsError } from "@checkpoint-permissions/core"
 *
 * const error = new PermissionsError.ConnectionFailed({
 *   operation: "list",
 *   reason: "ECONNREFUSED",
 *   server: "http://127.0.0.1:8080/v1"
 * })
 * assert.match(error.message, /127\.0\.0\.1:8080.*ECONNREFUSED|ECONNREFUSED.*127\.0\.0\.1:8080/)
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class ConnectionFailed extends Schema.TaggedError<ConnectionFailed>(
  "@checkpoint-permissions/core/ConnectionFailed"
)("ConnectionFailed", {
  ...fields,
  /** The root cause's code (`ECONNREFUSED`) or message. */
  reason: Schema.String,
  /** The base URL. */
  server: Schema.optional(Schema.String)
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
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { PermissionsError } from "@checkpoint-permissions/core"
 * import { Duration } from "effect"
 *
 * const error = new PermissionsError.TimedOut({ operation: "list", timeout: Duration.seconds(30) })
 * assert.equal(error.isRetryable, true)
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class TimedOut extends Schema.TaggedError<TimedOut>("@checkpoint-permissions/core/TimedOut")("TimedOut", {
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
 * A reply that is not what the API promises: a 2xx whose body does not decode,
 * any redirect (never followed, since it would carry the key elsewhere), or a
 * 404 that is not the API's. Usually the base URL is wrong.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { PermissionsError } from "@checkpoint-permissions/core"
 *
 * const error = new PermissionsError.InvalidResponse({ operation: "list", status: 200, reason: "has_more is missing" })
 * assert.match(error.message, /has_more is missing/)
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidResponse extends Schema.TaggedError<InvalidResponse>(
  "@checkpoint-permissions/core/InvalidResponse"
)("InvalidResponse", {
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
 * A listing that cannot be trusted to be whole. What came before it is good;
 * `resumeAfter`, where known, is where to go on.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Identifiers, PermissionsError } from "@checkpoint-permissions/core"
 *
 * const error = new PermissionsError.IncompleteListing({
 *   operation: "list",
 *   reason: "the server repeated a cursor",
 *   received: 100,
 *   resumeAfter: Identifiers.PermissionId.make("cp_zc4Q7MP6XxulcVzj4MZdwsAB")
 * })
 * // where the listing can go on
 * const params = { after: error.resumeAfter }
 * assert.equal(error.received, 100)
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class IncompleteListing extends Schema.TaggedError<IncompleteListing>(
  "@checkpoint-permissions/core/IncompleteListing"
)("IncompleteListing", {
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
 *   new PermissionsError.NotFound({ operation: "list", status: 404 })
 * )
 * const received = Schema.decodeSync(PermissionsError.PermissionsError)(sent)
 * assert.equal(received._tag, "NotFound")
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export const PermissionsError = /* @__PURE__ */ Schema.Union(
  InvalidInput,
  BadRequest,
  Unauthorized,
  MissingScope,
  PermissionDenied,
  NotFound,
  Conflict,
  RateLimited,
  QuotaExhausted,
  ServerError,
  ConnectionFailed,
  TimedOut,
  InvalidResponse,
  IncompleteListing
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
 *       NotFound: () => Effect.succeed(0),
 *       MissingScope: (error) => Effect.dieMessage(`ask for ${error.scopes.join(", ")}`)
 *     })
 *   )
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export type PermissionsError = typeof PermissionsError.Type

/**
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { PermissionsError } from "@checkpoint-permissions/core"
 *
 * const error: unknown = new PermissionsError.NotFound({ operation: "list" })
 * assert.equal(PermissionsError.isPermissionsError(error), true)
 * assert.equal(PermissionsError.isPermissionsError(new Error("NotFound")), false)
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export const isPermissionsError = /* @__PURE__ */ Schema.is(PermissionsError)

const duration = (millis: number | undefined): Duration.Duration | undefined =>
  millis === undefined ? undefined : Duration.millis(millis)

/**
 * The error for a failure of `@checkpoint-permissions/protocol`. All errors of
 * the client are made here.
 *
 * @example
 * ```ts
 * import { PermissionsError } from "@checkpoint-permissions/core"
 *
 * const error = PermissionsError.fromFailure({
 *   kind: "InvalidInput",
 *   operation: "list",
 *   mayHaveExecuted: false,
 *   field: "limit",
 *   reason: "limit is 0: pass a positive whole number, such as 100"
 * })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export function fromFailure(
  failure: Exclude<Failure, { readonly kind: "IncompleteListing" }>
): Exclude<PermissionsError, IncompleteListing>
export function fromFailure(failure: Failure): PermissionsError
export function fromFailure(failure: Failure): PermissionsError {
  const { resumeAfter } = failure
  const common = {
    operation: failure.operation,
    checkpoint: failure.checkpoint,
    status: failure.status,
    detail: failure.detail,
    code: failure.code,
    param: failure.param,
    requestId: failure.requestId,
    retryAfter: duration(failure.retryAfter),
    shouldRetry: failure.shouldRetry,
    attempts: failure.attempts,
    waited: duration(failure.waited),
    // Some servers give cursors that are no ids.
    resumeAfter: resumeAfter !== undefined && isPermissionId(resumeAfter) ? resumeAfter : undefined,
    mayHaveExecuted: failure.mayHaveExecuted
  }
  switch (failure.kind) {
    case "InvalidInput":
      return new InvalidInput({ ...common, field: failure.field, reason: failure.reason })
    case "BadRequest":
      return new BadRequest(common)
    case "Unauthorized":
      return new Unauthorized(common)
    case "MissingScope":
      return new MissingScope({ ...common, scopes: failure.scopes })
    case "PermissionDenied":
      return new PermissionDenied(common)
    case "NotFound":
      return new NotFound(common)
    case "Conflict":
      return new Conflict(common)
    case "RateLimited":
      return new RateLimited(common)
    case "QuotaExhausted":
      return new QuotaExhausted(common)
    case "ServerError":
      return new ServerError(common)
    case "ConnectionFailed":
      return new ConnectionFailed({ ...common, reason: failure.reason, server: failure.server })
    case "TimedOut":
      return new TimedOut({ ...common, timeout: duration(failure.timeout) })
    case "InvalidResponse":
      return new InvalidResponse({ ...common, reason: failure.reason })
    case "IncompleteListing":
      return new IncompleteListing({ ...common, reason: failure.reason, received: failure.received })
  }
}

const millis = (duration: Duration.Duration | undefined): number | undefined =>
  duration === undefined ? undefined : Duration.toMillis(duration)

/**
 * The failure that an error stands for, as plain data: the inverse of
 * {@link fromFailure}.
 *
 * @example
 * ```ts
 * import { PermissionsError } from "@checkpoint-permissions/core"
 *
 * const kindOf = (error: PermissionsError.PermissionsError) => PermissionsError.toFailure(error).kind
 * ```
 *
 * @category conversions
 * @since 0.1.0
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
    case "InvalidInput":
      return { kind: error._tag, ...common, field: error.field, reason: error.reason }
    case "MissingScope":
      return { kind: error._tag, ...common, scopes: error.scopes }
    case "ConnectionFailed":
      return { kind: error._tag, ...common, reason: error.reason, server: error.server }
    case "TimedOut":
      return { kind: error._tag, ...common, timeout: millis(error.timeout) }
    case "InvalidResponse":
      return { kind: error._tag, ...common, reason: error.reason }
    case "IncompleteListing":
      return { kind: error._tag, ...common, reason: error.reason, received: error.received }
    default:
      return { kind: error._tag, ...common }
  }
}
