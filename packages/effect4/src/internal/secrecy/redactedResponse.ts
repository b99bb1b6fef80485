import type { Redact } from "@checkpoint-permissions/protocol/failure"
import { redactCause } from "@checkpoint-permissions/protocol/redaction"
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as Inspectable from "effect/Inspectable"
import * as Pipeable from "effect/Pipeable"
import * as Stream from "effect/Stream"

const redactedHeaders = (headers: Headers.Headers, redact: Redact): Headers.Headers =>
  Object.values(headers).some((value) => value !== undefined && redact(value) !== value)
    ? Headers.fromInput(Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, redact(text ?? "")])))
    : headers

/**
 * A response whose `request` is the one before the key was added, and whose
 * headers and errors do not contain the key. The platform's own response holds
 * the request that was sent.
 */
class RedactedResponse extends Pipeable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpIncomingMessage.TypeId]: typeof HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId]: typeof HttpClientResponse.TypeId = HttpClientResponse.TypeId
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

  get url() {
    return this.#redact(this.#sent.url)
  }
  get status() {
    return this.#sent.status
  }
  get cookies() {
    return this.#sent.cookies
  }
  get remoteAddress() {
    return this.#sent.remoteAddress
  }
  get json() {
    return this.#read(this.#sent.json)
  }
  get text() {
    return this.#read(this.#sent.text)
  }
  get urlParamsBody() {
    return this.#read(this.#sent.urlParamsBody)
  }
  get formData() {
    return this.#read(this.#sent.formData)
  }
  get arrayBuffer() {
    return this.#read(this.#sent.arrayBuffer)
  }
  get upgrade() {
    return this.#read(this.#sent.upgrade)
  }
  get stream(): Stream.Stream<Uint8Array, HttpClientError.HttpClientError> {
    return this.#isText
      ? Stream.fromEffect(Effect.map(this.text, (text) => new TextEncoder().encode(text)))
      : Stream.mapError(this.#sent.stream, (error) => redactedError(this.request, error, this.#redact))
  }

  toJSON(): unknown {
    return HttpIncomingMessage.inspect(this, {
      _id: "HttpClientResponse",
      request: this.request.toJSON(),
      status: this.status
    })
  }
  [Inspectable.NodeInspectSymbol](): unknown {
    return this.toJSON()
  }

  #read<A>(body: Effect.Effect<A, HttpClientError.HttpClientError>): Effect.Effect<A, HttpClientError.HttpClientError> {
    this.#isText = true
    return Effect.mapError(body, (error) => redactedError(this.request, error, this.#redact))
  }
}

/** A response that does not contain the key. `request` is what was sent, but for the key. */
export const redactedResponse = (
  request: HttpClientRequest.HttpClientRequest,
  sent: HttpClientResponse.HttpClientResponse,
  redact: Redact
): HttpClientResponse.HttpClientResponse => new RedactedResponse(request, sent, redact)

const { DecodeError, EmptyBodyError, EncodeError, InvalidUrlError, StatusCodeError, TransportError } = HttpClientError
const requestErrors = { EncodeError, InvalidUrlError, TransportError }
const responseErrors = { DecodeError, EmptyBodyError, StatusCodeError }

const redactedReason = (
  request: HttpClientRequest.HttpClientRequest,
  reason: HttpClientError.HttpClientErrorReason,
  redact: Redact
): HttpClientError.HttpClientErrorReason => {
  const what = {
    request,
    ...(reason.cause === undefined ? {} : { cause: redactCause(reason.cause, redact) }),
    ...(reason.description === undefined ? {} : { description: redact(reason.description) })
  }
  return "response" in reason
    ? new responseErrors[reason._tag]({ ...what, response: redactedResponse(request, reason.response, redact) })
    : new requestErrors[reason._tag](what)
}

/** The same for an error of the transport. */
export const redactedError = (
  request: HttpClientRequest.HttpClientRequest,
  { reason }: HttpClientError.HttpClientError,
  redact: Redact
): HttpClientError.HttpClientError =>
  new HttpClientError.HttpClientError({ reason: redactedReason(request, reason, redact) })
