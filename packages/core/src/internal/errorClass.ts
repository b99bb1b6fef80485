/** The fields of request errors, and their class. */
import { isRetryable, type Kind, ofError, operations, present } from "@checkpoint-permissions/protocol/failure"
import { message } from "@checkpoint-permissions/protocol/messages"
import type * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { PermissionId } from "../Identifiers.ts"

/**
 * The operation that failed: one of the three calls of checkpoint permissions, a listing of `Organization` or
 * `ProjectModels`, or making the client. `list` includes `retrieve`, `pages` and `stream`.
 *
 * @category fields
 */
export const Operation = Schema.Literal(...operations)

/** @category fields */
export type Operation = typeof Operation.Type

/** The fields of a request error. */
export const fields = {
  /** The operation that failed. */
  operation: Operation,
  /** The checkpoint of the operation. */
  checkpoint: Schema.optional(Schema.String),
  /** The HTTP status, if a reply arrived. */
  status: Schema.optional(Schema.Int),
  /** `error.message` of the body, or `error` if that is a string. */
  detail: Schema.optional(Schema.String),
  /** `error.code` of the body. */
  code: Schema.optional(Schema.String),
  /** The field `error.param` of the body: the refused parameter. */
  param: Schema.optional(Schema.String),
  /** The header `x-request-id`, which OpenAI's support asks for. */
  requestId: Schema.optional(Schema.String),
  /** The delay that the server asks for before another attempt. */
  retryAfter: Schema.optional(Schema.DurationFromMillis),
  /** The header `x-should-retry`, the server's own decision on a retry. */
  shouldRetry: Schema.optional(Schema.Boolean),
  /** The number of attempts. */
  attempts: Schema.optional(Schema.Int),
  /** The time from the first attempt to this failure. */
  waited: Schema.optional(Schema.DurationFromMillis),
  /** The id at which to resume a failed listing: pass it as `after`. */
  resumeAfter: Schema.optional(PermissionId),
  /** True if a deadline of the caller ended the call. With `attempts: 0` nothing was sent. */
  endedByDeadline: Schema.optional(Schema.Boolean),
  /** The root cause of a failed connection. */
  cause: Schema.optional(Schema.Struct({ code: Schema.optional(Schema.String), message: Schema.String })),
  /** True if the server may have executed the request though no reply says so. */
  mayHaveExecuted: Schema.optional(Schema.Boolean).pipe(
    Schema.withDefaults({ constructor: () => false, decoding: () => false })
  )
}

/** The members of every error that are not fields. */
export interface Described {
  /** The message: one line that says what failed and what to do. */
  readonly message: string
  /** True if another attempt may help and can do no harm. */
  readonly isRetryable: boolean
}

/**
 * The fields of request errors that this error does not have. They are declared as absent, so that code for any error
 * can read them.
 */
export type Absent<Fields> = {
  readonly [K in Exclude<keyof typeof fields, keyof Fields | "mayHaveExecuted">]?: undefined
}

/** Makes a class of errors that is also their schema, as `Schema.TaggedError` does. */
export interface ErrorClass<Self, Tag extends Kind, Fields extends Schema.Struct.Fields>
  extends Schema.Class<
    Self,
    Fields & { readonly _tag: Schema.tag<Tag> },
    Schema.Struct.Encoded<Fields & { readonly _tag: Schema.tag<Tag> }>,
    Schema.Struct.Context<Fields>,
    Schema.Struct.Constructor<Fields>,
    Described & Absent<Fields>,
    Cause.YieldableError
  > {
  readonly _tag: Tag
}

export function tagged<Self>(): <Tag extends Kind, Fields extends Schema.Struct.Fields>(
  tag: Tag,
  all: Fields
) => ErrorClass<Self, Tag, Fields>
export function tagged(): (tag: Kind, all: typeof fields) => new (props: never) => Described {
  return (tag, all) => {
    const Tagged = Schema.TaggedError<unknown>(`@checkpoint-permissions/core/${tag}`)(tag, all)
    return class extends Tagged {
      constructor(props: ConstructorParameters<typeof Tagged>[0], options?: Schema.MakeOptions) {
        super(present(props), options)
      }
      override get message(): string {
        return message(ofError(this, Duration.toMillis))
      }
      get isRetryable(): boolean {
        return isRetryable(ofError(this, Duration.toMillis))
      }
    }
  }
}
