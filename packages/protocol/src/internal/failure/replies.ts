/** The meaning of a reply, by its status, headers and body. */
import { isObject } from "../input.ts"
import type { Outcome } from "../pacing/limiter.ts"
import type { Read } from "../wire.ts"
import { type Kind, type Operation, type RequestFailure, type RequestOperation, repeats } from "./failures.ts"

/** Response headers by their names in lower case. */
export type Headers = Readonly<Record<string, string | undefined>>

const decimal = /^(?:\d+\.?\d*|\.\d+)$/
const httpDate = /^[A-Z][a-z]{2,8},? .*\d{2}:\d{2}:\d{2}/

const milliseconds = (text: string | undefined, unit: number): number | undefined => {
  const number = decimal.test(text?.trim() ?? "") ? Number(text) * unit : Number.NaN
  return Number.isFinite(number) ? number : undefined
}

const epochMillis = (text: string | undefined): number | undefined => {
  const date = text?.trim() ?? ""
  // The oldest of the three date formats ends in the year. All three are in GMT.
  const parsed = httpDate.test(date) ? Date.parse(/\d{4}$/.test(date) ? `${date} GMT` : date) : Number.NaN
  return Number.isNaN(parsed) ? undefined : parsed
}

/**
 * Returns the delay until a date. Computes it with the server's clock (`date`) and with the local clock, and returns
 * the longer delay, since one of them may be wrong.
 */
const untilDate = (headers: Headers, now: number): number | undefined => {
  const at = epochMillis(headers["retry-after"])
  return at === undefined ? undefined : Math.max(0, at - now, at - (epochMillis(headers["date"]) ?? now))
}

/**
 * Returns the delay that the server asks for, in whole milliseconds. Reads `retry-after-ms`, and `retry-after` in whole
 * or fractional seconds or as an HTTP date. The longest delay counts. A value that cannot be parsed is ignored.
 */
export const retryAfterOf = (headers: Headers, now: number): number | undefined => {
  const asked = [
    milliseconds(headers["retry-after-ms"], 1),
    milliseconds(headers["retry-after"], 1000),
    untilDate(headers, now)
  ].filter((wait) => wait !== undefined)
  return asked.length === 0 ? undefined : Math.ceil(Math.max(...asked))
}

/** Reads `x-should-retry`, the server's own decision. */
const shouldRetryOf = (headers: Headers): boolean | undefined => {
  const text = headers["x-should-retry"]?.trim().toLowerCase()
  return text === "true" ? true : text === "false" ? false : undefined
}

const count = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text.trim()) ? Number(text) : undefined

const units = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000]
])

/** Parses a duration in Go's notation, which the API uses: `20ms`, `6m0s`, `1.5s`. A bare number is seconds. */
const goDuration = (text: string | undefined): number | undefined => {
  const trimmed = text?.trim() ?? ""
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed) * 1000
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(trimmed)) return undefined
  const parts = trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)
  return [...parts].reduce((sum, [, number, unit = ""]) => sum + Number(number) * (units.get(unit) ?? 0), 0)
}

/** Reads the headers `x-ratelimit-*-requests`. Times are milliseconds. */
export const rateLimitsOf = (headers: Headers) => ({
  limit: count(headers["x-ratelimit-limit-requests"]),
  remaining: count(headers["x-ratelimit-remaining-requests"]),
  reset: goDuration(headers["x-ratelimit-reset-requests"])
})

/** The call to which an attempt belongs. */
export interface Call {
  readonly operation: RequestOperation
  readonly checkpoint: string | undefined
  readonly server: string
  /** True if an earlier attempt may have been executed. */
  readonly mayHaveExecuted: boolean
}

/** Status and headers of a reply. `now` is the time of their arrival, in milliseconds since the epoch. */
export interface Head {
  readonly status: number
  readonly headers: Headers
  readonly now: number
}

/** A reply: its head and body. */
export interface Reply extends Head {
  /** The body up to `maxBodySize`. */
  readonly body: string
  /** True if this is the whole body. */
  readonly complete: boolean
}

/** A function that removes the key from a text. */
export type Redact = (text: string) => string

/** The maximum number of bytes to read of a body. A page of thousands of permissions fits. */
export const maxBodySize = { success: 32 * 1024 * 1024, error: 64 * 1024 }

const isWrite = (operation: Operation): boolean => repeats[operation] !== "safe"

/** Reads `x-request-id`, the id that OpenAI's support asks for. */
export const requestIdOf = (headers: Headers, redact: Redact): string | undefined => {
  const id = headers["x-request-id"]
  return id && redact(id)
}

export const fieldsOf = (call: Call, executed: boolean) => ({
  operation: call.operation,
  checkpoint: call.checkpoint,
  mayHaveExecuted: call.mayHaveExecuted || (executed && isWrite(call.operation))
})

export const headFields = ({ headers, now, status }: Head, redact: Redact) => ({
  status,
  requestId: requestIdOf(headers, redact),
  shouldRetry: shouldRetryOf(headers),
  retryAfter: retryAfterOf(headers, now)
})

/** Makes an `InvalidResponseError`. `reason` may quote the server, so it is cut to 1,000 characters. */
const invalid = (call: Call, head: Head, reason: string, redact: Redact, executed = true): RequestFailure => {
  const text = redact(reason)
  return {
    kind: "InvalidResponseError",
    ...fieldsOf(call, executed),
    ...headFields(head, redact),
    reason: text.length > 1000 ? `${text.slice(0, 1000)}…` : text
  }
}

export const undecodableBody = (call: Call, head: Head, cause: string, redact: Redact): RequestFailure =>
  invalid(call, head, `the body cannot be decompressed (${cause})`, redact)

export const redirected = (call: Call, head: Head, redact: Redact): RequestFailure => {
  const location = head.headers["location"]
  const to = location === undefined ? "" : ` to ${location}`
  const reason = `${call.server} answers with status ${head.status}${to}; redirects are never followed`
  return invalid(call, head, reason, redact)
}

const notJson = ({ server }: Call, { body, headers }: Reply, redact: Redact): string => {
  // the key is removed before the text is cut, since a part of the key would not be recognized
  const start = redact(body.trimStart().slice(0, 10_000)).slice(0, 60)
  if (start === "") return `${server} answers with an empty body`
  const [type = ""] = redact(headers["content-type"] ?? "").split(";")
  return `${server} answers with a body that is not JSON (${type.trim() || "no content type"}): ${start}`
}

type ReadableCall<A> = Call & { readonly read: (json: unknown) => Read<A> }

const succeeded = <A>(call: ReadableCall<A>, reply: Reply, redact: Redact): { readonly ok: A } | RequestFailure => {
  if (!reply.complete) {
    return invalid(call, reply, `the body is larger than ${maxBodySize.success} bytes`, redact)
  }
  const json = parseJson(reply.body)
  if (json === undefined) return invalid(call, reply, notJson(call, reply, redact), redact)
  const read = call.read(json)
  return "ok" in read ? read : invalid(call, reply, read.fault, redact)
}

/** Parses a body as JSON. Returns `undefined` if it is not JSON. */
const parseJson = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** Reads a string. A number becomes a string, since some proxies send codes as numbers. */
const text = (value: unknown): string | undefined =>
  typeof value === "string" ? value : typeof value === "number" ? String(value) : undefined

/** Reads `{"error":{message,type,param,code}}`, or only the message of `{"error":"…"}`. */
const parseEnvelope = (body: string) => {
  const json = parseJson(body)
  const error = isObject(json) ? json["error"] : undefined
  const fields = isObject(error) ? error : { message: error }
  return {
    /** True for the API's own envelope: an object whose `error` is an object with a string `message`. */
    isEnvelope: isObject(error) && typeof fields["message"] === "string",
    message: text(fields["message"]),
    type: text(fields["type"]),
    param: text(fields["param"]),
    code: text(fields["code"])
  }
}

/** The fields of an error body. All are `undefined` if the body is not an error envelope. */
type ErrorBody = ReturnType<typeof parseEnvelope>

/** Types and codes of a 429 that waiting does not resolve. */
const quota = new Set(["insufficient_quota", "credit_balance_exhausted"])

const quotaOf = ({ code, type }: ErrorBody): string | undefined =>
  [code, type].find((word) => word !== undefined && quota.has(word))

/** Returns the missing scopes that a message names. Returns `undefined` if the message has another subject. */
const scopesOf = ({ code, message }: ErrorBody): ReadonlyArray<string> | undefined => {
  const named = /missing scopes?:?(.*)/is.exec(message ?? "")?.[1]
  if (named !== undefined) return named.match(/[\w-]+(?:\.[\w-]+)+/g) ?? []
  return code === "missing_scope" ? [] : undefined
}

/** Returns true for a 404 that is not from the API's own route for this call. */
const isForeign404 = ({ isEnvelope, message = "" }: ErrorBody): boolean =>
  !isEnvelope || message.startsWith("Invalid URL") || message.startsWith("Unknown request URL")

const kinds = {
  401: "AuthenticationError",
  403: "PermissionDeniedError",
  404: "NotFoundError",
  408: "RequestTimeoutError",
  409: "ConflictError",
  429: "RateLimitError"
} as const

const isNamed = (status: number): status is keyof typeof kinds => status in kinds

const kindOf = ({ operation }: Call, status: number, quota: string | undefined) => {
  if (status >= 500) return "ServerError"
  // only writes can conflict
  if (!isNamed(status) || (status === 409 && !isWrite(operation))) return "BadRequestError"
  return status === 429 && quota !== undefined ? "QuotaExhaustedError" : kinds[status]
}

export const refused = (call: Call, head: Head, body: string, redact: Redact): RequestFailure => {
  const { status } = head
  const said = parseEnvelope(body)
  const quota = quotaOf(said)
  const [detail, param, code] = [said.message, said.param, said.code ?? quota].map((text) => text && redact(text))
  if (status === 404 && isForeign404(said)) {
    const quoted = detail === undefined ? "" : ` (${detail})`
    const reason = `${call.server} has no such route, so the base URL is wrong${quoted}`
    return invalid(call, head, reason, redact, false)
  }
  const executed = status >= 500 || status === 408
  const fields = { ...fieldsOf(call, executed), ...headFields(head, redact), detail, param, code }
  const scopes = status === 401 || status === 403 ? scopesOf({ ...said, message: detail }) : undefined
  if (scopes !== undefined) return { kind: "MissingScopeError", ...fields, scopes }
  return { kind: kindOf(call, status, quota), ...fields }
}

/** Returns the value that `call.read` reads from the body of a success, or the failure. */
export const ofReply = <A>(
  call: ReadableCall<A>,
  reply: Reply,
  redact: Redact
): { readonly ok: A } | RequestFailure => {
  if (reply.status >= 400) return refused(call, reply, reply.body, redact)
  const isSuccess = reply.status >= 200 && reply.status < 300
  return isSuccess ? succeeded(call, reply, redact) : redirected(call, reply, redact)
}

/** Returns the outcome for the rate limiter. An exhausted quota shows nothing about the allowed rate. */
export const outcomeOf = ({ headers, now, status }: Head, failure: { readonly kind: Kind } | undefined): Outcome => ({
  status: status === 429 && failure?.kind !== "QuotaExhaustedError" ? "limited" : "accepted",
  retryAfter: retryAfterOf(headers, now),
  ...rateLimitsOf(headers)
})
