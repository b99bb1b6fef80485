import type { Redact } from "@checkpoint-permissions/protocol/failure"
import { redactCause, redactJson } from "@checkpoint-permissions/protocol/redaction"
import * as Cookies from "@effect/platform/Cookies"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

type ClientResponse = HttpClientResponse.HttpClientResponse

/** A body as it came. The platform keeps what was read as text, but its stream is used up then. */
interface Clear {
  readonly text: Effect.Effect<string, HttpClientError.ResponseError>
  readonly stream: Stream.Stream<Uint8Array, HttpClientError.ResponseError>
}

/** By the response through which it is asked for. */
const bodies = new WeakMap<ClientResponse, Clear>()

/** The body of a response as it came, for who redacts what it says of it. */
export const clearText = (response: ClientResponse): Clear["text"] => bodies.get(response)?.text ?? response.text
export const clearStream = (response: ClientResponse): Clear["stream"] =>
  bodies.get(response)?.stream ?? response.stream

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A response that only the service sees, whose errors do not contain the key. */
export const ownResponse = (
  request: HttpClientRequest.HttpClientRequest,
  sent: ClientResponse,
  redact: Redact
): ClientResponse => {
  const redacted = (error: HttpClientError.ResponseError) => redactedResponseError(request, error, redact)
  bodies.set(sent, {
    get text() {
      return Effect.mapError(sent.text, redacted)
    },
    get stream() {
      return Stream.mapError(sent.stream, redacted)
    }
  })
  return sent
}

/** A text that was decoded may hold the key where its encoded form did not. */
const redactedPairs = <A>(pairs: Iterable<readonly [string, A]>, redact: Redact) =>
  Array.from(pairs, ([name, value]) => [redact(name), typeof value === "string" ? redact(value) : value] as const)

const redactedForm = (form: FormData, redact: Redact): FormData => {
  const redacted = new FormData()
  for (const [name, value] of redactedPairs(form, redact)) redacted.append(name, value)
  return redacted
}

/** Without the cookies that hold the key. */
const redactedHeaders = (
  { cookies, headers: { "set-cookie": _, ...others } }: ClientResponse,
  redact: Redact
): Headers => {
  const headers = new Headers(Object.entries(others).map(([name, text]) => [name, redact(text)]))
  for (const cookie of Cookies.toSetCookieHeaders(cookies)) {
    if (redact(cookie) === cookie) headers.append("set-cookie", cookie)
  }
  return headers
}

/**
 * A response whose `request` is the one before the key was added, and whose headers, cookies, body and errors do not
 * contain the key. The platform's own response holds the request that was sent. The body is read when it is asked for,
 * and as a whole, since the key may be where one part ends and the next begins.
 */
export const redactedResponse = (
  request: HttpClientRequest.HttpClientRequest,
  sent: ClientResponse,
  redact: Redact
): ClientResponse => {
  const redacted = (error: HttpClientError.ResponseError) => redactedResponseError(request, error, redact)
  let isRead = false
  const text = Effect.suspend(() => {
    isRead = true
    return Effect.mapError(sent.text, redacted)
  })
  const bytes = Effect.map(text, (clear) => bytesOf(redact(clear)))
  const headers = redactedHeaders(sent, redact)
  const head = new Response(null, { headers })
  // there are some that none can be made with
  Object.defineProperty(head, "status", { value: sent.status })
  const response = Object.defineProperties(HttpClientResponse.fromWeb(request, head), {
    remoteAddress: { value: sent.remoteAddress },
    text: { value: Effect.map(text, redact) },
    arrayBuffer: { value: Effect.map(bytes, ({ buffer }) => buffer) },
    stream: { value: Stream.fromEffect(bytes) }
  })
  const { json, urlParamsBody } = response
  const formData = Effect.flatMap(
    bytes,
    (body) => HttpClientResponse.fromWeb(request, new Response(body, { headers })).formData
  )
  Object.defineProperties(response, {
    json: { value: Effect.map(json, (json) => redactJson(json, redact)) },
    formData: { value: Effect.map(formData, (form) => redactedForm(form, redact)) },
    urlParamsBody: { value: Effect.map(urlParamsBody, (all) => UrlParams.fromInput(redactedPairs(all, redact))) }
  })
  const stream = Stream.suspend(() =>
    isRead ? Stream.fromEffect(Effect.map(text, bytesOf)) : Stream.mapError(sent.stream, redacted)
  )
  bodies.set(response, { text, stream })
  return response
}

/** What an error says went wrong, without the key. */
const reasonOf = <Reason>(
  error: { readonly reason: Reason; readonly cause?: unknown; readonly description?: string | undefined },
  redact: Redact
) => ({
  reason: error.reason,
  ...(error.cause === undefined ? {} : { cause: redactCause(error.cause, redact) }),
  ...(error.description === undefined ? {} : { description: redact(error.description) })
})

const redactedResponseError = (
  request: HttpClientRequest.HttpClientRequest,
  error: HttpClientError.ResponseError,
  redact: Redact
): HttpClientError.ResponseError => {
  const response = redactedResponse(request, error.response, redact)
  return new HttpClientError.ResponseError({ request, response, ...reasonOf(error, redact) })
}

/** An error of the transport that does not contain the key. */
export const redactedError = (
  request: HttpClientRequest.HttpClientRequest,
  error: HttpClientError.HttpClientError,
  redact: Redact
): HttpClientError.HttpClientError =>
  error._tag === "ResponseError"
    ? redactedResponseError(request, error, redact)
    : new HttpClientError.RequestError({ request, ...reasonOf(error, redact) })
