/** The kinds of failures, their fields, and which of them are retried. */

/** Reads of the organization, which require an admin key. */
export type OrganizationOperation = "list-projects" | "list-audit-logs" | "list-admin-keys" | "get-model-permissions"

/** Listings of a project, which require an ordinary key of that project. */
export type ProjectOperation = "list-models" | "list-jobs" | "list-job-checkpoints"

/**
 * The effect of a repeated request, in the words of HTTP. `safe`: a request changes nothing. `idempotent`: two requests
 * have the effect of one. `unsafe`: a second request may have an effect of its own.
 */
export type Repeat = "safe" | "idempotent" | "unsafe"

/** The names of the operations, and the effect of repeating each. No other code decides this by the name. */
export const repeats = {
  list: "safe",
  create: "unsafe",
  delete: "idempotent",
  "list-projects": "safe",
  "list-audit-logs": "safe",
  "list-admin-keys": "safe",
  "get-model-permissions": "safe",
  "list-models": "safe",
  "list-jobs": "safe",
  "list-job-checkpoints": "safe",
  /** Making a client, which sends no request. */
  make: "safe"
} as const satisfies Record<string, Repeat>

/** A call of the API, or making a client. */
export type Operation = keyof typeof repeats

/** An operation that sends a request. */
export type RequestOperation = Exclude<Operation, "make">

/** An operation that reads. */
export type SafeOperation = {
  [O in RequestOperation]: (typeof repeats)[O] extends "safe" ? O : never
}[RequestOperation]

const namesOf = <Name extends string>(table: Readonly<Record<Name, unknown>>): ReadonlyArray<Name> => {
  const names: Array<Name> = []
  for (const name in table) names.push(name)
  return names
}

/** The names of the operations. */
export const operations: ReadonlyArray<Operation> = /* @__PURE__ */ namesOf(repeats)

/** The root cause of a failed connection: the first error with a code, along `cause` or in `errors`. */
export interface RootCause {
  readonly code?: string | undefined
  readonly message: string
}

/** Fields of every failure. */
export interface Fields {
  readonly operation: Operation
  /** True if the server may have executed the request though no reply says so. */
  readonly mayHaveExecuted: boolean
  readonly checkpoint?: string | undefined
  readonly status?: number | undefined
  /** `error.message` of the body, or `error` if that is a string. */
  readonly detail?: string | undefined
  readonly code?: string | undefined
  readonly param?: string | undefined
  readonly requestId?: string | undefined
  readonly retryAfter?: number | undefined
  readonly shouldRetry?: boolean | undefined
  readonly attempts?: number | undefined
  /** The time from the first attempt to the failure, in milliseconds. */
  readonly waited?: number | undefined
  readonly resumeAfter?: string | undefined
  /** True if a deadline of the caller ended the call. With `attempts: 0` nothing was sent. */
  readonly endedByDeadline?: boolean | undefined
  readonly cause?: RootCause | undefined
}

/** The additional fields of each kind. */
export interface OwnFields<Time = number> {
  readonly InvalidInputError: {
    /** The name of the refused parameter, option or variable. */
    readonly field: string
    readonly reason: string
  }
  readonly BadRequestError: object
  readonly AuthenticationError: object
  readonly MissingScopeError: {
    readonly scopes: ReadonlyArray<string>
  }
  readonly PermissionDeniedError: object
  readonly NotFoundError: object
  readonly ConflictError: object
  readonly RateLimitError: object
  readonly QuotaExhaustedError: object
  readonly ServerError: object
  readonly ConnectionError: {
    /** The code (`ECONNREFUSED`) or message of the root cause. */
    readonly reason: string
    /** The base URL. */
    readonly server?: string | undefined
    /** True if a part of the request may have been sent. */
    readonly sent?: boolean | undefined
  }
  readonly RequestTimeoutError: {
    /** The timeout of the attempt; absent if the server reported the timeout. */
    readonly timeout?: Time | undefined
  }
  readonly InvalidResponseError: {
    readonly reason: string
  }
  readonly IncompleteListingError: {
    readonly reason: string
    readonly received: number
  }
}

/** The kind of a failure, which is the `_tag` of its error. */
export type Kind = keyof OwnFields

/** A failed call. */
export type Failure = { readonly [K in Kind]: Fields & OwnFields[K] & { readonly kind: K } }[Kind]

/** An error of an adapter: the fields of all kinds, with durations of its own type. */
export type ErrorOf<Time> = Omit<Fields, "retryAfter" | "waited"> & {
  readonly _tag: Kind
  readonly retryAfter?: Time | undefined
  readonly waited?: Time | undefined
} & Partial<
    OwnFields["InvalidInputError"] &
      OwnFields["MissingScopeError"] &
      OwnFields["ConnectionError"] &
      OwnFields["IncompleteListingError"] &
      OwnFields<Time>["RequestTimeoutError"]
  >

/** Returns a copy without the fields that are `undefined`, so that nothing prints them. */
export const present = <A extends object>(fields: A): A => {
  const copy = { ...fields }
  for (const name of Reflect.ownKeys(copy)) {
    if (Reflect.get(copy, name) === undefined) Reflect.deleteProperty(copy, name)
  }
  return copy
}

/** Makes the failure of a listing that cannot be trusted. */
export const incompleteListing = (
  fields: OwnFields["IncompleteListingError"] & Omit<Fields, "mayHaveExecuted">
): Failure => ({ kind: "IncompleteListingError", mayHaveExecuted: false, ...fields })

/** The failure of one request. Only a whole listing can be incomplete. */
export type RequestFailure = Exclude<Failure, { readonly kind: "IncompleteListingError" }>

/** Makes the failure of a request that is not sent because of a deadline. */
export const pastDeadline = (operation: RequestOperation): RequestFailure => ({
  kind: "RequestTimeoutError",
  operation,
  mayHaveExecuted: false,
  attempts: 0,
  endedByDeadline: true
})

/** Returns the failure from which an error of an adapter was made. */
export const ofError = <Time>(error: ErrorOf<Time>, toMillis: (time: Time) => number): Failure => {
  const millis = (time: Time | undefined) => (time === undefined ? undefined : toMillis(time))
  const { _tag: kind, field = "", reason = "", received = 0, scopes = [], sent, server, timeout, ...others } = error
  // the `cause` of an error is not enumerable
  const cause = error.cause === undefined ? {} : { cause: error.cause }
  const fields = { ...others, ...cause, retryAfter: millis(error.retryAfter), waited: millis(error.waited) }
  switch (kind) {
    case "InvalidInputError":
      return { kind, operation: error.operation, mayHaveExecuted: false, field, reason }
    case "MissingScopeError":
      return { kind, ...fields, scopes }
    case "ConnectionError":
      return { kind, ...fields, reason, server, sent }
    case "RequestTimeoutError":
      return { kind, ...fields, timeout: millis(timeout) }
    case "InvalidResponseError":
      return { kind, ...fields, reason }
    case "IncompleteListingError":
      return { kind, ...fields, reason, received }
    default:
      return { kind, ...fields }
  }
}

const retriedKinds: ReadonlySet<Kind> = new Set<Kind>([
  "ConflictError",
  "RateLimitError",
  "ServerError",
  "ConnectionError",
  "RequestTimeoutError"
])

/**
 * Returns true if another attempt may help and can do no harm. The first of these rules that applies decides. Refused
 * input and a listing that cannot be trusted: never. A request that was not sent because of a deadline: never, so that a
 * retry within the deadline ends. An unsafe operation: only if the server certainly did nothing. An exhausted quota:
 * never. Then `x-should-retry`, and finally the kind.
 */
export const isRetryable = (
  failure: Pick<Failure, "kind" | "mayHaveExecuted" | "operation" | "shouldRetry" | "attempts" | "endedByDeadline">
) => {
  const { attempts, endedByDeadline, kind, mayHaveExecuted, operation, shouldRetry } = failure
  if (kind === "InvalidInputError" || kind === "IncompleteListingError") return false
  if (endedByDeadline === true && attempts === 0) return false
  if (repeats[operation] === "unsafe") {
    const didNothing = !mayHaveExecuted && (kind === "RateLimitError" || kind === "ConnectionError")
    return didNothing && shouldRetry !== false
  }
  if (kind === "QuotaExhaustedError") return false
  return shouldRetry ?? retriedKinds.has(kind)
}
