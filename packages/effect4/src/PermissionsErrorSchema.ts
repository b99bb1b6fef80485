/**
 * The schemas of the errors, to send them with rpc, `HttpApi` or cluster. Each has the name of its class in
 * `PermissionsError`, and decodes to that class with all its fields. This is a separate module, so that other bundles
 * do not contain the schemas.
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
  endedByDeadline: Schema.optional(Schema.Boolean),
  cause: Schema.optional(Schema.Struct({ code: Schema.optional(Schema.String), message: Schema.String })),
  mayHaveExecuted: Schema.optional(Schema.Boolean).pipe(Schema.withDecodingDefault(Effect.succeed(false)))
}

/** The encoded form of an error. */
type Wire<Tag extends Kind, All extends Schema.Struct.Fields> = Schema.TaggedStruct<Tag, All>

const schemaOf = <Tag extends Kind, All extends Schema.Struct.Fields, Self extends Wire<Tag, All>["Type"]>(
  tag: Tag,
  error: new (fields: Wire<Tag, All>["Type"]) => Self,
  all: All
) =>
  Schema.decodeTo<Schema.instanceOf<Self>, Wire<Tag, All>>(
    Schema.instanceOf(error, { identifier: `@checkpoint-permissions/effect4/${tag}` }),
    SchemaTransformation.transform<Self, Wire<Tag, All>["Type"]>({
      decode: (fields) => new error(fields),
      encode: (self) => self
    })
  )(Schema.TaggedStruct(tag, all))

/** @category schemas */
export const InvalidInputError = schemaOf("InvalidInputError", Errors.InvalidInputError, {
  operation: fields.operation,
  field: Schema.String,
  reason: Schema.String
})

/** @category schemas */
export const BadRequestError = schemaOf("BadRequestError", Errors.BadRequestError, fields)

/** @category schemas */
export const AuthenticationError = schemaOf("AuthenticationError", Errors.AuthenticationError, fields)

/** @category schemas */
export const MissingScopeError = schemaOf("MissingScopeError", Errors.MissingScopeError, {
  ...fields,
  scopes: Schema.Array(Schema.String)
})

/** @category schemas */
export const PermissionDeniedError = schemaOf("PermissionDeniedError", Errors.PermissionDeniedError, fields)

/** @category schemas */
export const NotFoundError = schemaOf("NotFoundError", Errors.NotFoundError, fields)

/** @category schemas */
export const ConflictError = schemaOf("ConflictError", Errors.ConflictError, fields)

/** @category schemas */
export const RateLimitError = schemaOf("RateLimitError", Errors.RateLimitError, fields)

/** @category schemas */
export const QuotaExhaustedError = schemaOf("QuotaExhaustedError", Errors.QuotaExhaustedError, fields)

/** @category schemas */
export const ServerError = schemaOf("ServerError", Errors.ServerError, fields)

/** @category schemas */
export const ConnectionError = schemaOf("ConnectionError", Errors.ConnectionError, {
  ...fields,
  reason: Schema.String,
  server: Schema.optional(Schema.String),
  sent: Schema.optional(Schema.Boolean)
})

/** @category schemas */
export const RequestTimeoutError = schemaOf("RequestTimeoutError", Errors.RequestTimeoutError, {
  ...fields,
  timeout: Schema.optional(Schema.DurationFromMillis)
})

/** @category schemas */
export const InvalidResponseError = schemaOf("InvalidResponseError", Errors.InvalidResponseError, {
  ...fields,
  reason: Schema.String
})

/** @category schemas */
export const IncompleteListingError = schemaOf("IncompleteListingError", Errors.IncompleteListingError, {
  ...fields,
  reason: Schema.String,
  received: Schema.Int
})

/**
 * The schema of any error of an operation.
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
