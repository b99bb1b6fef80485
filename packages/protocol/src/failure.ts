/**
 * What a reply, or the lack of one, means: one kind of failure for each status, body and transport error, whether it is
 * retried, and whether the request may have been executed. Times are milliseconds.
 */
import * as envelope from "./internal/failure/envelope.ts"
import { type Headers, rateLimitsOf, retryAfterOf, shouldRetryOf } from "./internal/failure/headers.ts"
import * as transport from "./internal/failure/transport.ts"
import type { Outcome } from "./pacing.ts"
import type { Read } from "./wire.ts"

export {
  type Headers,
  /** `x-ratelimit-*-requests`, where the server sends them; times in milliseconds. */
  rateLimitsOf,
  /** How long the server asks to wait, in whole milliseconds. */
  retryAfterOf
} from "./internal/failure/headers.ts"

/** The lists next to those of permissions that want an admin key. */
export type OrganizationOperation = "list-projects" | "list-audit-logs" | "list-admin-keys"

/** The lists that want an ordinary key, of one project. */
export type ProjectOperation = "list-models" | "list-jobs" | "list-job-checkpoints"

/** What is asked of the server. */
export type RequestOperation = Exclude<Operation, "make">

/** The calls of the API, and the making of a client. */
export const operations = [
  "list",
  "create",
  "delete",
  "list-projects",
  "list-audit-logs",
  "list-admin-keys",
  "list-models",
  "list-jobs",
  "list-job-checkpoints",
  "make"
] as const

/** What is done. */
export type Operation = (typeof operations)[number]

/** What every failure has. */
export interface Fields {
  readonly operation: Operation
  /** The server may have executed the request though no reply says so. */
  readonly mayHaveExecuted: boolean
  readonly checkpoint?: string | undefined
  readonly status?: number | undefined
  /** `error.message` of the server, or its `error` where that is a text. */
  readonly detail?: string | undefined
  readonly code?: string | undefined
  readonly param?: string | undefined
  readonly requestId?: string | undefined
  readonly retryAfter?: number | undefined
  readonly shouldRetry?: boolean | undefined
  readonly attempts?: number | undefined
  /** From the first attempt to the failure, in milliseconds. */
  readonly waited?: number | undefined
  readonly resumeAfter?: string | undefined
}

/** What the failures of a kind have besides. */
export interface OwnFields<Time = number> {
  readonly InvalidInputError: {
    /** The parameter, option or variable that was refused. */
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
    /** The root cause's code (`ECONNREFUSED`) or message. */
    readonly reason: string
    /** The base URL. */
    readonly server?: string | undefined
    /** Something may have been sent before it broke. */
    readonly sent?: boolean | undefined
  }
  readonly RequestTimeoutError: {
    /** The timeout of an attempt, when it was the client's. */
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

/** The names of the kinds. */
export type Kind = keyof OwnFields

/** A failed call. */
export type Failure = { readonly [K in Kind]: Fields & OwnFields[K] & { readonly kind: K } }[Kind]

/** An error that a shell makes of a failure: the fields of any kind, with times of the shell's own. */
export interface ErrorOf<Time> extends Omit<Fields, "retryAfter" | "waited"> {
  readonly _tag: Kind
  readonly retryAfter?: Time | undefined
  readonly waited?: Time | undefined
  readonly field?: string | undefined
  readonly reason?: string | undefined
  readonly scopes?: ReadonlyArray<string> | undefined
  readonly server?: string | undefined
  readonly sent?: boolean | undefined
  readonly timeout?: Time | undefined
  readonly received?: number | undefined
}

/** A failed request. Only a listing as a whole can be incomplete. */
export type RequestFailure = Exclude<Failure, { readonly kind: "IncompleteListingError" }>

/** The call that an attempt is part of. */
export interface Call {
  readonly operation: RequestOperation
  readonly checkpoint: string | undefined
  readonly server: string
  /** An earlier attempt may have been executed. */
  readonly mayHaveExecuted: boolean
}

/** Status line and headers of a reply, and when they arrived (Unix time). */
export interface Head {
  readonly status: number
  readonly headers: Headers
  readonly now: number
}

/** A reply. */
export interface Reply extends Head {
  /** The body, or its beginning. */
  readonly body: string
  readonly complete: boolean
}

/** Takes the key out of a text. */
export type Redact = (text: string) => string

/** How many bytes of a body are read: a page of thousands of permissions fits in. */
export const maxBodySize = { success: 32 * 1024 * 1024, error: 64 * 1024 }

const isWrite = (operation: Operation): boolean => operation === "create" || operation === "delete"

const clean = (text: string | undefined, redact: Redact): string | undefined =>
  text === undefined ? undefined : redact(text)

/** The `x-request-id` header: what OpenAI's support asks for. */
export const requestIdOf = (headers: Headers, redact: Redact): string | undefined =>
  clean(headers["x-request-id"], redact)

const fieldsOf = (call: Call, executed: boolean): Pick<Fields, "operation" | "checkpoint" | "mayHaveExecuted"> => ({
  operation: call.operation,
  checkpoint: call.checkpoint,
  mayHaveExecuted: call.mayHaveExecuted || (executed && isWrite(call.operation))
})

const headFields = ({ headers, now, status }: Head, redact: Redact) => ({
  status,
  requestId: requestIdOf(headers, redact),
  shouldRetry: shouldRetryOf(headers),
  retryAfter: retryAfterOf(headers, now)
})

/** `reason` may quote what the server sent, which may be long. */
const invalid = (call: Call, head: Head, reason: string, redact: Redact, executed = true): RequestFailure => {
  const text = redact(reason)
  return {
    kind: "InvalidResponseError",
    ...fieldsOf(call, executed),
    ...headFields(head, redact),
    reason: text.length > 1000 ? `${text.slice(0, 1000)}…` : text
  }
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300

const redirected = (call: Call, head: Head, redact: Redact): RequestFailure => {
  const location = head.headers["location"]
  const to = location === undefined ? "" : ` to ${location}`
  return invalid(
    call,
    head,
    `${call.server} answers with status ${head.status}${to}; redirects are never followed`,
    redact
  )
}

const mediaType = (contentType: string | undefined): string => contentType?.split(";")[0]?.trim() || "no content type"

const notJson = (call: Call, { body, headers }: Reply, redact: Redact): string => {
  // The key is taken out before anything is cut: half a key would not be recognized.
  const start = redact(body.trimStart().slice(0, 10_000)).slice(0, 60)
  return start === ""
    ? `${call.server} answers with an empty body`
    : `${call.server} answers with a body that is not JSON (${mediaType(clean(headers["content-type"], redact))}): ${start}`
}

const succeeded = <A>(
  call: Call & { readonly read: (json: unknown) => Read<A> },
  reply: Reply,
  redact: Redact
): { readonly ok: A } | RequestFailure => {
  if (!reply.complete) {
    return invalid(call, reply, `the body is larger than ${maxBodySize.success} bytes`, redact)
  }
  let json: unknown
  try {
    json = JSON.parse(reply.body)
  } catch {
    return invalid(call, reply, notJson(call, reply, redact), redact)
  }
  const read = call.read(json)
  return "ok" in read ? read : invalid(call, reply, read.fault, redact)
}

/** A 404 that does not come from the API's own route for this call. */
const isForeign404 = ({ isEnvelope, message = "" }: envelope.ErrorBody): boolean =>
  !isEnvelope || message.startsWith("Invalid URL") || message.startsWith("Unknown request URL")

const kindOf = ({ operation }: Call, status: number, said: envelope.ErrorBody) => {
  if (status >= 500) return "ServerError"
  switch (status) {
    case 401:
      return "AuthenticationError"
    case 403:
      return "PermissionDeniedError"
    case 404:
      return "NotFoundError"
    case 409:
      return isWrite(operation) ? "ConflictError" : "BadRequestError"
    case 429:
      return envelope.quotaOf(said) === undefined ? "RateLimitError" : "QuotaExhaustedError"
    default:
      return "BadRequestError"
  }
}

const refused = (call: Call, head: Head, body: string, redact: Redact): RequestFailure => {
  const { status } = head
  const said = envelope.parse(body)
  const detail = clean(said.message, redact)
  if (status === 404 && isForeign404(said)) {
    const quoted = detail === undefined ? "" : ` (${detail})`
    const reason = `${call.server} has no such route, so the base URL is wrong${quoted}`
    return invalid(call, head, reason, redact, false)
  }
  const fields = {
    ...fieldsOf(call, status >= 500 || status === 408),
    ...headFields(head, redact),
    detail,
    param: clean(said.param, redact),
    code: clean(said.code ?? envelope.quotaOf(said), redact)
  }
  if (status === 408) return { kind: "RequestTimeoutError", ...fields }
  if (status === 401 || status === 403) {
    const scopes = envelope.scopesOf({ ...said, message: detail })
    if (scopes !== undefined) return { kind: "MissingScopeError", ...fields, scopes }
  }
  return { kind: kindOf(call, status, said), ...fields }
}

/** What a reply means: what `call.read` makes of the body of a success, or a failure. */
export const ofReply = <A>(
  call: Call & { readonly read: (json: unknown) => Read<A> },
  reply: Reply,
  redact: Redact
): { readonly ok: A } | RequestFailure => {
  if (isSuccess(reply.status)) return succeeded(call, reply, redact)
  return reply.status < 400 ? redirected(call, reply, redact) : refused(call, reply, reply.body, redact)
}

/** What a transport error means: `cause` was thrown. With `head`, the reply's body could not be read. */
export const ofTransport = (call: Call, cause: unknown, redact: Redact, head?: Head | undefined): RequestFailure => {
  const { neverSent, reason, undecodable } = transport.classify(cause)
  if (head !== undefined) {
    if (head.status >= 300 && head.status < 400) return redirected(call, head, redact)
    // What a 404 means depends on its body.
    if (head.status >= 400 && head.status !== 404) return refused(call, head, "", redact)
    if (undecodable) return invalid(call, head, `the body cannot be decompressed (${reason})`, redact)
  }
  return {
    kind: "ConnectionError",
    ...fieldsOf(call, (head !== undefined || !neverSent) && mayHaveExecuted(call, head)),
    ...(head === undefined ? {} : headFields(head, redact)),
    server: redact(call.server),
    reason: redact(reason),
    sent: head !== undefined || !neverSent
  }
}

/**
 * By the head of a reply whose body is not known. A delete that is refused did nothing. A create that is refused may
 * have granted a part.
 */
const mayHaveExecuted = ({ operation }: Call, head: Head | undefined): boolean =>
  head === undefined || operation === "create" || head.status < 400 || head.status >= 500 || head.status === 408

/** No reply within the timeout of an attempt, or only its head. */
export const ofTimeout = (call: Call, timeout: number, head?: Head | undefined): RequestFailure => ({
  kind: "RequestTimeoutError",
  ...fieldsOf(call, mayHaveExecuted(call, head)),
  timeout
})

/** What a reply tells the pace. A quota that is used up says nothing of how fast requests may come. */
export const outcomeOf = ({ headers, now, status }: Head, result?: { readonly kind: Kind } | object): Outcome => ({
  status:
    status === 429 && !(result !== undefined && "kind" in result && result.kind === "QuotaExhaustedError")
      ? "limited"
      : "accepted",
  retryAfter: retryAfterOf(headers, now),
  ...rateLimitsOf(headers)
})

/** The failure that an error of a shell stands for. */
export const ofError = <Time>(error: ErrorOf<Time>, toMillis: (time: Time) => number): Failure => {
  const millis = (time: Time | undefined) => (time === undefined ? undefined : toMillis(time))
  const { _tag: kind, field = "", reason = "", received = 0, scopes = [], sent, server } = error
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
  switch (kind) {
    case "InvalidInputError":
      return { kind, ...fields, field, reason }
    case "MissingScopeError":
      return { kind, ...fields, scopes }
    case "ConnectionError":
      return { kind, ...fields, reason, server, sent }
    case "RequestTimeoutError":
      return { kind, ...fields, timeout: millis(error.timeout) }
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
 * Whether another attempt may help and can do no harm. In this order: input that was refused and a listing that cannot
 * be trusted never; a create only when the server certainly did nothing; quota never; `x-should-retry`; the kind.
 */
export const isRetryable = (failure: {
  readonly kind: Kind
  readonly operation: string
  readonly mayHaveExecuted: boolean
  readonly shouldRetry?: boolean | undefined
}): boolean => {
  const { kind, mayHaveExecuted, operation, shouldRetry } = failure
  if (kind === "InvalidInputError" || kind === "IncompleteListingError") return false
  if (operation === "create") {
    const didNothing = !mayHaveExecuted && (kind === "RateLimitError" || kind === "ConnectionError")
    return didNothing && shouldRetry !== false
  }
  if (kind === "QuotaExhaustedError") return false
  return shouldRetry ?? retriedKinds.has(kind)
}
