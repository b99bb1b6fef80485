import type { ServerRequest } from "@checkpoint-permissions/fake/http"
import { connectionError } from "@checkpoint-permissions/fake/response"
import * as HttpClient from "@effect/platform/HttpClient"
import { RequestError } from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Server } from "./server.ts"
import { webResponse } from "./webResponse.ts"

const transportError = (request: HttpClientRequest, cause: unknown): RequestError =>
  new RequestError({ request, reason: "Transport", cause })

const bodyText = (request: HttpClientRequest): Effect.Effect<string, RequestError> => {
  const { body } = request
  switch (body._tag) {
    case "Empty":
      return Effect.succeed("")
    case "Uint8Array":
      return Effect.succeed(new TextDecoder().decode(body.body))
    case "Raw":
      return Effect.succeed(body.body instanceof Uint8Array ? new TextDecoder().decode(body.body) : String(body.body))
    case "FormData":
      return Effect.tryPromise({
        try: () => new Response(body.formData).text(),
        catch: (cause) => transportError(request, cause)
      })
    case "Stream":
      return body.stream.pipe(
        Stream.decodeText(),
        Stream.mkString,
        Effect.mapError((cause) => transportError(request, cause))
      )
  }
}

const requestHeaders = (request: HttpClientRequest): Readonly<Record<string, string>> => {
  const headers: Record<string, string> = { ...request.headers }
  const { body } = request
  if (body._tag !== "Empty" && body.contentType !== undefined) headers["content-type"] ??= body.contentType
  return headers
}

/** An `HttpClient` that calls the server in the fiber of whoever sends the request: no socket, and the caller's clock. */
export const client = (server: Pick<Server, "handle">): HttpClient.HttpClient =>
  HttpClient.make((request, url, signal) =>
    Effect.gen(function* () {
      const serverRequest: ServerRequest = {
        method: request.method,
        url: request.url,
        path: url.pathname,
        query: [...url.searchParams],
        headers: requestHeaders(request),
        body: yield* bodyText(request)
      }
      const outcome = yield* server.handle(serverRequest)
      if (outcome._tag === "Dropped") {
        return yield* transportError(request, connectionError(outcome.code))
      }
      const runtime = yield* Effect.runtime()
      return HttpClientResponse.fromWeb(request, webResponse(outcome.reply, runtime, signal))
    })
  )
