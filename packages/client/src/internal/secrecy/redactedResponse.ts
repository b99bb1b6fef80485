import type { Redact } from "@checkpoint-permissions/protocol/failure"
import { redactBytes, redactCause, redactJson } from "@checkpoint-permissions/protocol/redaction"
import * as Cookies from "@effect/platform/Cookies"
import * as Headers from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Stream from "effect/Stream"

const redactedHeaders = (headers: Headers.Headers, redact: Redact): Headers.Headers =>
  Object.values(headers).some((value) => redact(value) !== value)
    ? Headers.fromInput(Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, redact(text)])))
    : headers

/** Without those that hold the key. */
const redactedCookies = (cookies: Cookies.Cookies, redact: Redact): Cookies.Cookies =>
  Cookies.fromIterable(
    Object.values(cookies.cookies).filter((cookie) => {
      const text = JSON.stringify([cookie.name, cookie.value, cookie.valueEncoded, cookie.options])
      return redact(text) === text
    })
  )

/** A text that was decoded may hold the key where its encoded form did not. */
const redactedPairs = <A>(pairs: Iterable<readonly [string, A]>, redact: Redact) =>
  Array.from(pairs, ([name, value]) => [redact(name), typeof value === "string" ? redact(value) : value] as const)

/**
 * A response whose `request` is the one before the key was added, and whose headers, cookies, body and errors do not
 * contain the key. The platform's own response holds the request that was sent.
 */
class RedactedResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly request: HttpClientRequest.HttpClientRequest
  readonly headers: Headers.Headers
  /** A private field, so that nothing that prints the object finds it. */
  readonly #sent: HttpClientResponse.HttpClientResponse
  readonly #redact: Redact
  /** Whether the body was read as text: the platform keeps the text, but its stream is used up. */
  #isText = false

  constructor(
    request: HttpClientRequest.HttpClientRequest,
    sent: HttpClientResponse.HttpClientResponse,
    redact: Redact
  ) {
    super()
    this.request = request
    this.headers = redactedHeaders(sent.headers, redact)
    this.#sent = sent
    this.#redact = redact
  }

  static clearText(
    response: HttpClientResponse.HttpClientResponse
  ): Effect.Effect<string, HttpClientError.ResponseError> {
    return #sent in response ? response.#text : response.text
  }
  static clearStream(
    response: HttpClientResponse.HttpClientResponse
  ): Stream.Stream<Uint8Array, HttpClientError.ResponseError> {
    return #sent in response ? response.#stream : response.stream
  }

  get status() {
    return this.#sent.status
  }
  get cookies() {
    return redactedCookies(this.#sent.cookies, this.#redact)
  }
  get remoteAddress() {
    return this.#sent.remoteAddress
  }
  get json() {
    this.#isText = true
    return Effect.map(this.#read(this.#sent.json), (json): unknown => redactJson(json, this.#redact))
  }
  get text() {
    return Effect.map(this.#text, this.#redact)
  }
  get urlParamsBody() {
    return Effect.map(this.text, (text) => UrlParams.fromInput(redactedPairs(new URLSearchParams(text), this.#redact)))
  }
  get formData(): Effect.Effect<FormData, HttpClientError.ResponseError> {
    const headers = { "content-type": this.headers["content-type"] ?? "" }
    return this.arrayBuffer.pipe(
      Effect.flatMap((bytes) => HttpClientResponse.fromWeb(this.request, new Response(bytes, { headers })).formData),
      Effect.map((parsed) => {
        const form = new FormData()
        for (const [name, value] of redactedPairs(parsed, this.#redact)) form.append(name, value)
        return form
      })
    )
  }
  get arrayBuffer() {
    return Effect.map(
      this.#read(this.#sent.arrayBuffer),
      (bytes) => redactBytes(new Uint8Array(bytes), this.#redact).buffer
    )
  }
  /** The whole of it at once, since the key may be where one part ends and the next begins. */
  get stream(): Stream.Stream<Uint8Array, HttpClientError.ResponseError> {
    return Stream.fromEffect(
      this.#isText
        ? Effect.map(this.text, (text) => new TextEncoder().encode(text))
        : Effect.map(this.arrayBuffer, (bytes) => new Uint8Array(bytes))
    )
  }
  toJSON(): unknown {
    return {
      _id: "@effect/platform/HttpClientResponse",
      request: this.request.toJSON(),
      status: this.status,
      headers: Inspectable.redact(this.headers)
    }
  }

  get #text() {
    this.#isText = true
    return this.#read(this.#sent.text)
  }
  get #stream(): Stream.Stream<Uint8Array, HttpClientError.ResponseError> {
    return this.#isText
      ? Stream.fromEffect(Effect.map(this.#text, (text) => new TextEncoder().encode(text)))
      : Stream.mapError(this.#sent.stream, (error) => redactedResponseError(error, this, this.#redact))
  }
  #read<A>(body: Effect.Effect<A, HttpClientError.ResponseError>): Effect.Effect<A, HttpClientError.ResponseError> {
    return Effect.mapError(body, (error) => redactedResponseError(error, this, this.#redact))
  }
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
  error: HttpClientError.ResponseError,
  response: HttpClientResponse.HttpClientResponse,
  redact: Redact
): HttpClientError.ResponseError =>
  new HttpClientError.ResponseError({ request: response.request, response, ...reasonOf(error, redact) })

/** A response that does not contain the key. `request` is what was sent, but for the key. */
export const redactedResponse = (
  request: HttpClientRequest.HttpClientRequest,
  sent: HttpClientResponse.HttpClientResponse,
  redact: Redact
): HttpClientResponse.HttpClientResponse => new RedactedResponse(request, sent, redact)

/** The same for an error of the transport. */
export const redactedError = (
  request: HttpClientRequest.HttpClientRequest,
  error: HttpClientError.HttpClientError,
  redact: Redact
): HttpClientError.HttpClientError =>
  error._tag === "ResponseError"
    ? redactedResponseError(error, redactedResponse(request, error.response, redact), redact)
    : new HttpClientError.RequestError({ request, ...reasonOf(error, redact) })

/** The body of a response as it came, for who redacts what it says of it. */
export const { clearStream, clearText } = RedactedResponse
