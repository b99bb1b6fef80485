/** The fields of the errors of requests, and the class that they are made with. */
import { isRetryable, type Kind, ofError, operations, present } from "@checkpoint-permissions/protocol/failure"
import { message } from "@checkpoint-permissions/protocol/messages"
import type * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { PermissionId } from "../Identifiers.ts"

/**
 * What was being done: one of the three calls of checkpoint permissions, a list of `Organization` or `ProjectModels`,
 * or the making of a client. `list` also stands for `retrieve`, `pages` and `stream`.
 *
 * @category fields
 */
export const Operation = Schema.Literal(...operations)

/** @category fields */
export type Operation = typeof Operation.Type

/** The fields of an error of a request. */
export const fields = {
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

/** The members of every error that are no fields. */
export interface Described {
  /** One line for people. */
  readonly message: string
  /** True if another try may help and cannot do harm. */
  readonly isRetryable: boolean
}

/** The fields of requests that an error does not have, so that code for any error can read them. */
export type Absent<Fields> = {
  readonly [K in Exclude<keyof typeof fields, keyof Fields | "mayHaveExecuted">]?: undefined
}

/** A class of errors that is their schema too, as `Schema.TaggedError` makes it. */
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
