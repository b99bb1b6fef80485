/** An `HttpClient` that records each request of a run with its reply, including those of checks and clean-up. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { parseJson } from "../server/body.ts"
import type { ApiResponse } from "./exchange.ts"

/** A sent request. */
export interface Sent {
  /** Unix milliseconds. */
  readonly at: number
  readonly method: string
  readonly url: URL
  /** The parsed JSON; `undefined` without a body. */
  readonly body: unknown
  /** The values of headers that identify the sender: the key, the organization and the project. */
  readonly secrets: ReadonlyArray<string>
  /** `undefined` until a reply has arrived. */
  answer: ApiResponse | undefined
}

const bodyOf = ({ body }: HttpClientRequest.HttpClientRequest): unknown =>
  body._tag === "Uint8Array" ? parseJson(new TextDecoder().decode(body.body)) : undefined

const secretsOf = (headers: HttpClientRequest.HttpClientRequest["headers"]): ReadonlyArray<string> =>
  Object.entries(headers).flatMap(([name, value]) =>
    /^(?:accept|content-type|content-length|user-agent)$/.test(name) ? [] : [value.replace(/^Bearer /, "")]
  )

/** Returns a function that makes a client record its requests, and a function that returns the record so far. */
export const make = () => {
  const all: Array<Sent> = []
  const through = (client: HttpClient.HttpClient): HttpClient.HttpClient =>
    HttpClient.transform(client, (response, request) =>
      Effect.gen(function* () {
        const at = yield* Clock.currentTimeMillis
        const url = Option.getOrUndefined(HttpClientRequest.toUrl(request))
        if (url === undefined) return yield* response
        const secrets = secretsOf(request.headers)
        const sent: Sent = { at, method: request.method, url, body: bodyOf(request), secrets, answer: undefined }
        all.push(sent)
        const answered = yield* response
        const text = yield* answered.text
        sent.answer = { status: answered.status, headers: { ...answered.headers }, body: parseJson(text) }
        // the body can be read once, and the client reads it as a stream
        const { headers, status } = answered
        return HttpClientResponse.fromWeb(request, new Response(text === "" ? null : text, { headers, status }))
      })
    )
  return { through, sent: (): ReadonlyArray<Sent> => all }
}
