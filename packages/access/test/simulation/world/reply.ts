/** A reply of the fake as the platform's response, without a promise: a real one would end in an order of its own. */

import type { http } from "@checkpoint-permissions/fake"
import type { HttpClientRequest } from "@effect/platform"
import { Cookies, Headers, HttpClientResponse, HttpIncomingMessage, UrlParams } from "@effect/platform"
import { Effect, Inspectable, Option, Stream } from "effect"

const encoder = new TextEncoder()

export class FakeResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly request: HttpClientRequest.HttpClientRequest
  readonly status: number
  readonly headers: Headers.Headers
  readonly cookies = Cookies.empty
  readonly remoteAddress = Option.none()
  readonly stream: Stream.Stream<Uint8Array>
  readonly text: Effect.Effect<string>

  constructor(request: HttpClientRequest.HttpClientRequest, { body, headers, status }: http.Reply) {
    super()
    this.request = request
    this.status = status
    this.headers = Headers.fromInput(headers)
    const text = body._tag === "Text" ? body.text : ""
    this.text = Effect.succeed(text)
    this.stream = Stream.make(encoder.encode(text))
  }

  get json() {
    return Effect.map(this.text, (text): unknown => JSON.parse(text))
  }
  get arrayBuffer() {
    return Effect.map(this.text, (text) => new Uint8Array(encoder.encode(text)).buffer)
  }
  get urlParamsBody() {
    return Effect.map(this.text, (text) => UrlParams.fromInput(new URLSearchParams(text)))
  }
  get formData() {
    return Effect.dieMessage("the server of the simulation sends no forms")
  }
  toJSON(): unknown {
    return { status: this.status, headers: this.headers }
  }
}
