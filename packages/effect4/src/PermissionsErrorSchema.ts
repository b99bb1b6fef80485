/**
 * The schemas of the errors, for what sends them: rpc, `HttpApi`, cluster. Each has the name of its class in
 * `PermissionsError`, and decodes to that class with all of its fields. They stand apart, so that a bundle of what
 * sends none holds no schema of them.
 *
 * @since 0.1.0
 */
import { type Kind, operations } from "@checkpoint-permissions/protocol/failure"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as Identifiers from "./Identifiers.ts"
import * as Errors from "./PermissionsError.ts"

const fields = {
  operation: Schema.Literals(operations),
  checkpoint: Schema.optional(Schema.String),
  status: Schema.optional(Schema.Int),
  detail: Schema.optional(Schema.String),
  code: Schema.optional(Schema.String),
  param: Schema.optional(Schema.String),
  requestId: Schema.optional(Schema.String),
  retryAfter: Schema.optional(Schema.DurationFromMillis),
  shouldRetry: Schema.optional(Schema.Boolean),
  attempts: Schema.optional(Schema.Int),
  waited: Schema.optional(Schema.DurationFromMillis),
  resumeAfter: Schema.optional(Identifiers.PermissionId),
  mayHaveExecuted: Schema.optional(Schema.Boolean).pipe(Schema.withDecodingDefault(Effect.succeed(false)))
}

/** What is sent of an error. */
const struct = <Tag extends Kind, Own extends Schema.Struct.Fields>(tag: Tag, own: Own) =>
  Schema.TaggedStruct(tag, { ...fields, ...own })

/** What is sent of an error whose tag is known. */
interface Wire extends Schema.Constraint {
  readonly fields: { readonly _tag: { readonly schema: { readonly literal: string } } }
}

const schemaOf = <S extends Wire, Self extends S["Type"]>(error: new (fields: S["Type"]) => Self, wire: S) =>
  Schema.decodeTo<Schema.instanceOf<Self>, S>(
    Schema.instanceOf(error, { identifier: `@checkpoint-permissions/effect4/${wire.fields._tag.schema.literal}` }),
    SchemaTransformation.transform<Self, S["Type"]>({ decode: (fields) => new error(fields), encode: (self) => self })
  )(wire)

/** @category schemas */
export const InvalidInputError = schemaOf(
  Errors.InvalidInputError,
  struct("InvalidInputError", { field: Schema.String, reason: Schema.String })
)

/** @category schemas */
export const BadRequestError = schemaOf(Errors.BadRequestError, struct("BadRequestError", {}))

/** @category schemas */
export const AuthenticationError = schemaOf(Errors.AuthenticationError, struct("AuthenticationError", {}))

/** @category schemas */
export const MissingScopeError = schemaOf(
  Errors.MissingScopeError,
  struct("MissingScopeError", { scopes: Schema.Array(Schema.String) })
)

/** @category schemas */
export const PermissionDeniedError = schemaOf(Errors.PermissionDeniedError, struct("PermissionDeniedError", {}))

/** @category schemas */
export const NotFoundError = schemaOf(Errors.NotFoundError, struct("NotFoundError", {}))

/** @category schemas */
export const ConflictError = schemaOf(Errors.ConflictError, struct("ConflictError", {}))

/** @category schemas */
export const RateLimitError = schemaOf(Errors.RateLimitError, struct("RateLimitError", {}))

/** @category schemas */
export const QuotaExhaustedError = schemaOf(Errors.QuotaExhaustedError, struct("QuotaExhaustedError", {}))

/** @category schemas */
export const ServerError = schemaOf(Errors.ServerError, struct("ServerError", {}))

/** @category schemas */
export const ConnectionError = schemaOf(
  Errors.ConnectionError,
  struct("ConnectionError", {
    reason: Schema.String,
    server: Schema.optional(Schema.String),
    sent: Schema.optional(Schema.Boolean)
  })
)

/** @category schemas */
export const RequestTimeoutError = schemaOf(
  Errors.RequestTimeoutError,
  struct("RequestTimeoutError", { timeout: Schema.optional(Schema.DurationFromMillis) })
)

/** @category schemas */
export const InvalidResponseError = schemaOf(
  Errors.InvalidResponseError,
  struct("InvalidResponseError", { reason: Schema.String })
)

/** @category schemas */
export const IncompleteListingError = schemaOf(
  Errors.IncompleteListingError,
  struct("IncompleteListingError", { reason: Schema.String, received: Schema.Int })
)

/**
 * The schema of everything that an operation can fail with.
 *
 * @example
 * ```ts effect4
 * import { Permission, PermissionsErrorSchema } from "@checkpoint-permissions/effect4"
 * import { Schema } from "effect"
 * import { Rpc } from "effect/rpc"
 *
 * const list = Rpc.make("list", {
 *   payload: { checkpoint: Schema.String },
 *   success: Permission.PermissionPage,
 *   error: PermissionsErrorSchema.PermissionsError
 * })
 * ```
 *
 * @category schemas
 */
export const PermissionsError = Schema.Union([
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
])
