/** Requests and replies as the server receives and sends them, independent of the transport, and their records. */
import type { Entry, Fault, Operation } from "./faults.ts"
import { describe } from "./internal/faults/fault.ts"
import * as Duration from "./internal/text/duration.ts"

/** A request with its whole body. */
export interface ServerRequest {
  readonly method: string
  /** The URL in the form in which the client sent it. */
  readonly url: string
  /** Percent-encoded, dot segments resolved. */
  readonly path: string
  /** Decoded, in order. */
  readonly query: ReadonlyArray<readonly [name: string, value: string]>
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The path before the paths of the API. Default: that of the server's `baseUrl`. */
  readonly basePath?: string | undefined
}

/**
 * A body, and the way its bytes are sent.
 *
 * - `Text`: whole
 * - `Cut`: the first `bytes` bytes of `text`, then the connection breaks
 * - `Endless`: `text`, then `chunk` every `everyMillis` milliseconds without end; no bytes if `chunk` is empty
 * - `Repeated`: `chunk`, `times` times
 * - `FalseGzip`: plain text whose headers say gzip
 */
export type Body =
  | { readonly _tag: "Text"; readonly text: string }
  | { readonly _tag: "Cut"; readonly text: string; readonly bytes: number }
  | { readonly _tag: "Endless"; readonly text: string; readonly chunk: string; readonly everyMillis: number }
  | { readonly _tag: "Repeated"; readonly chunk: string; readonly times: number }
  | { readonly _tag: "FalseGzip"; readonly text: string }

/** A reply before it is sent. */
export interface Reply {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Body
}

/**
 * The outcome of a request for its client: a reply, or a connection that breaks with a code such as `ECONNRESET`.
 * `before` is true if the request was not executed.
 */
export type Outcome =
  | { readonly _tag: "Replied"; readonly reply: Reply }
  | { readonly _tag: "Dropped"; readonly code: string; readonly before: boolean }

/** A request as the server received it, and its outcome. Neither its JSON nor its printed form contains the key. */
export interface RecordedRequest {
  readonly method: string
  /** The URL in the form in which the client sent it: absolute, or beginning with the path. */
  readonly url: string
  /** The path, percent-encoded and with dot segments resolved. */
  readonly path: string
  /** The query, decoded. A parameter that was given several times has a list of its values, in order. */
  readonly query: Readonly<Record<string, string | ReadonlyArray<string>>>
  /** The headers, with names in lower case, and with secrets replaced by `<redacted>`. */
  readonly headers: Readonly<Record<string, string>>
  /**
   * The key, from `Authorization: Bearer` or `api-key`. It is a function, so that a printed record does not contain the
   * key.
   */
  readonly key: () => string | undefined
  readonly body: string
  /** The time of its arrival, in milliseconds of the server's clock. */
  readonly time: number
  /** `undefined` if the API has no such path or method. */
  readonly operation: Operation | undefined
  readonly checkpoint: string | undefined
  readonly permissionId: string | undefined
  readonly requestId: string
  readonly fault: Fault | undefined
  readonly status: number | undefined
  /** `abandoned` if the client gave up before the reply. */
  readonly outcome: "pending" | "replied" | "dropped" | "abandoned"
  /** The time of the reply, drop or abandonment, in milliseconds of the server's clock. */
  readonly answeredAt: number | undefined
}

/**
 * Makes a reply with OpenAI's error envelope.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { http } from "@checkpoint-permissions/fake"
 *
 * const reply = http.errorReply(404, "There is no such permission.", { param: "permission_id" })
 * assert.equal(reply.status, 404)
 * ```
 *
 * @category constructors
 */
export const errorReply = (
  status: number,
  message: string,
  {
    code,
    headers,
    param,
    type = "invalid_request_error"
  }: {
    readonly type?: string
    readonly param?: string
    readonly code?: string
    readonly headers?: Readonly<Record<string, string>>
  } = {}
): Reply => {
  // an empty name counts as none
  const error = { message, type, param: param || null, code: code ?? null }
  return {
    status,
    headers: { "content-type": "application/json", ...headers },
    body: { _tag: "Text", text: JSON.stringify({ error }) }
  }
}

const mostShown = 50

const lineOf = (
  { fault, key: keyOf, method, outcome, path, query, status, time }: RecordedRequest,
  start: number
): string => {
  const parameters = new URLSearchParams()
  for (const [name, values] of Object.entries(query)) {
    for (const value of [values].flat()) parameters.append(name, value)
  }
  const asked = [`${method} ${path}`, ...(parameters.size === 0 ? [] : [parameters])].join("?")
  const key = keyOf()
  const secrets = key === undefined ? [] : [key, new URLSearchParams({ key }).toString().slice("key=".length)]
  const shown = secrets.reduce((text, secret) => text.replaceAll(secret, "<redacted>"), asked).slice(0, 512)
  const became = `${status ?? outcome}${fault === undefined ? "" : `, fault ${fault._tag}`}`
  return `  +${Duration.format(time - start)} ${shown}: ${became}`
}

/**
 * Formats recorded requests for the output of a test: their number, and a line for each of the last 50. Times are
 * relative to the first. Then a line with the faults that affected no request, if they are passed. The text never
 * contains the key, even if a path or query does.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { http, makeFetch } from "@checkpoint-permissions/fake"
 *
 * const fetch = makeFetch()
 * await fetch("https://api.openai.com/v1/models", { headers: { authorization: "Bearer sk-test" } })
 * assert.equal(http.formatRequests(fetch.requests()), "The fake saw 1 request\n  +0ms GET /v1/models: 200")
 * ```
 *
 * @category formatting
 */
export const formatRequests = (
  requests: ReadonlyArray<RecordedRequest>,
  unusedFaults: ReadonlyArray<Entry> = []
): string => {
  const last = requests.slice(-mostShown)
  const count = `The fake saw ${requests.length === 1 ? "1 request" : `${requests.length} requests`}`
  return [
    last.length < requests.length ? `${count}, of which the last ${mostShown}` : count,
    ...last.map((request) => lineOf(request, requests[0]?.time ?? 0)),
    ...(unusedFaults.length === 0 ? [] : [`No request matched ${describe(unusedFaults)}`])
  ].join("\n")
}
