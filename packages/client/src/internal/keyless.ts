import * as Headers from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type { Scrub } from "./failures.ts"

/**
 * A reply that knows the request as it was before the key was added, and whose
 * headers do not give it back. The platform's own holds the request that was
 * sent, with the key in its headers.
 */
class Reply extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly request: HttpClientRequest.HttpClientRequest
  /** Private to the engine too, so that nothing that prints an object finds it. */
  readonly #sent: HttpClientResponse.HttpClientResponse
  /** Whether the body was asked for as text: the text is kept, but its stream is used up. */
  #isText = false

  readonly headers: Headers.Headers

  constructor(request: HttpClientRequest.HttpClientRequest, sent: HttpClientResponse.HttpClientResponse, scrub: Scrub) {
    super()
    this.request = request
    const entries = Object.entries(sent.headers)
    const clean = entries.map(([name, value]) => [name, scrub(value)] as const)
    this.headers = clean.every(([, value], n) => value === entries[n]?.[1])
      ? sent.headers
      : Headers.fromInput(Object.fromEntries(clean))
    this.#sent = sent
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
    this.#isText = true
    return this.#read(this.#sent.json)
  }
  get text() {
    this.#isText = true
    return this.#read(this.#sent.text)
  }
  get urlParamsBody() {
    this.#isText = true
    return this.#read(this.#sent.urlParamsBody)
  }
  get formData() {
    return this.#read(this.#sent.formData)
  }
  get arrayBuffer() {
    return this.#read(this.#sent.arrayBuffer)
  }
  get stream(): Stream.Stream<Uint8Array, HttpClientError.ResponseError> {
    return this.#isText
      ? Stream.fromEffect(Effect.map(this.text, (text) => new TextEncoder().encode(text)))
      : Stream.mapError(this.#sent.stream, (failed) => responseError(failed, this))
  }

  toJSON(): unknown {
    return {
      _id: "@effect/platform/HttpClientResponse",
      request: this.request.toJSON(),
      status: this.status,
      headers: Inspectable.redact(this.headers)
    }
  }

  #read<A>(body: Effect.Effect<A, HttpClientError.ResponseError>): Effect.Effect<A, HttpClientError.ResponseError> {
    return Effect.mapError(body, (failed) => responseError(failed, this))
  }
}

/** A cause as it is, or where it quotes the key a copy of what is known of it. */
const causeOf = (cause: unknown, scrub: Scrub, depth = 0): unknown => {
  if (!(cause instanceof Error) || depth > 8) return typeof cause === "string" ? scrub(cause) : cause
  const inner = causeOf(cause.cause, scrub, depth + 1)
  const text = `${cause.message}\n${cause.stack}`
  if (inner === cause.cause && scrub(text) === text) return cause
  const copy = new Error(scrub(cause.message), inner === undefined ? {} : { cause: inner })
  copy.stack = scrub(cause.stack ?? "")
  for (const name of ["code", "syscall"]) {
    if (Predicate.hasProperty(cause, name)) Object.assign(copy, { [name]: cause[name] })
  }
  return copy
}

const responseError = (
  { cause, description, reason }: HttpClientError.ResponseError,
  response: HttpClientResponse.HttpClientResponse
): HttpClientError.ResponseError =>
  new HttpClientError.ResponseError({
    request: response.request,
    response,
    reason,
    ...(cause === undefined ? {} : { cause }),
    ...(description === undefined ? {} : { description })
  })

/** A reply that has forgotten the key. `request` is what was sent, but for the key. */
export const reply = (
  request: HttpClientRequest.HttpClientRequest,
  sent: HttpClientResponse.HttpClientResponse,
  scrub: Scrub
): HttpClientResponse.HttpClientResponse => new Reply(request, sent, scrub)

/** The same for what went wrong. */
export const failure = (
  request: HttpClientRequest.HttpClientRequest,
  failed: HttpClientError.HttpClientError,
  scrub: Scrub
): HttpClientError.HttpClientError =>
  failed._tag === "ResponseError"
    ? responseError(failed, reply(request, failed.response, scrub))
    : new HttpClientError.RequestError({
        request,
        reason: failed.reason,
        ...(failed.cause === undefined ? {} : { cause: causeOf(failed.cause, scrub) }),
        ...(failed.description === undefined ? {} : { description: failed.description })
      })
