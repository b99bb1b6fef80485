/**
 * What a reply, or the lack of one, means: one kind of failure for each status,
 * body and transport error, whether it is retried, and whether the request may
 * have been executed.
 *
 * @since 0.1.0
 */

/**
 * The three calls of the API, and the making of a client.
 *
 * @category models
 * @since 0.1.0
 */
export type Operation = "list" | "create" | "delete" | "make"

interface Fields {
  readonly operation: Operation
  /** The server may have carried out the request though no reply says so. */
  readonly mayHaveExecuted: boolean
  readonly checkpoint?: string | undefined
  readonly status?: number | undefined
  /** `error.message` of the server. */
  readonly detail?: string | undefined
  /** `error.code` of the server. */
  readonly code?: string | undefined
  /** `error.param` of the server. */
  readonly param?: string | undefined
  /** The `x-request-id` header. */
  readonly requestId?: string | undefined
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfter?: number | undefined
  /** The `x-should-retry` header. */
  readonly shouldRetry?: boolean | undefined
  /** Requests sent. */
  readonly attempts?: number | undefined
  /** From the first attempt to the failure, in milliseconds. */
  readonly waited?: number | undefined
  /** The cursor to resume a listing after. */
  readonly resumeAfter?: string | undefined
}

/**
 * A failed call. Times are milliseconds.
 *
 * @category models
 * @since 0.1.0
 */
export type Failure = Fields &
  (
    | {
        readonly kind:
          | "BadRequest"
          | "Unauthorized"
          | "PermissionDenied"
          | "NotFound"
          | "Conflict"
          | "RateLimited"
          | "QuotaExhausted"
          | "ServerError"
      }
    | { readonly kind: "InvalidInput"; readonly field: string; readonly reason: string }
    | { readonly kind: "MissingScope"; readonly scopes: ReadonlyArray<string> }
    | { readonly kind: "ConnectionFailed"; readonly reason: string; readonly server?: string | undefined }
    | { readonly kind: "TimedOut"; readonly timeout?: number | undefined }
    | { readonly kind: "InvalidResponse"; readonly reason: string }
    | { readonly kind: "IncompleteListing"; readonly reason: string; readonly received: number }
  )
