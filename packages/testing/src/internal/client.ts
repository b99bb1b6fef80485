import type { Clock } from "@checkpoint-permissions/fake/clock"
import { drive, type Host } from "@checkpoint-permissions/fake/host"
import type { Outcome, ServerRequest } from "@checkpoint-permissions/fake/http"
import { connectionError, toResponse } from "@checkpoint-permissions/fake/response"
import * as HttpClient from "@effect/platform/HttpClient"
import { RequestError } from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

const transportError = (request: HttpClientRequest, cause: unknown): RequestError =>
  new RequestError({ request, reason: "Transport", cause })

const bodyOf = (request: HttpClientRequest): Effect.Effect<string, RequestError> => {
  const { body } = request
  if (body._tag === "Empty") return Effect.succeed("")
  if (body._tag === "Uint8Array" || body._tag === "Raw") {
    return Effect.succeed(body.body instanceof Uint8Array ? new TextDecoder().decode(body.body) : String(body.body))
  }
  const text =
    body._tag === "Stream"
      ? Stream.mkString(Stream.decodeText(body.stream))
      : Effect.tryPromise(() => new Response(body.formData).text())
  return Effect.mapError(text, (cause) => transportError(request, cause))
}

/** Makes a client of the fake. Its time is that of `clockOf`: the `Clock` of the fiber that sends the request. */
export const make = (host: Host, clockOf: Effect.Effect<Clock>): HttpClient.HttpClient => {
  const outcomeOf = (clock: Clock, request: ServerRequest): Effect.Effect<Outcome> =>
    Effect.async((resume) => {
      const driven = drive(host, clock, request, (outcome) => resume(Effect.succeed(outcome)))
      return Effect.sync(driven.abandon)
    })

  return HttpClient.make((request, url, signal) =>
    Effect.gen(function* () {
      const clock = yield* clockOf
      const outcome = yield* outcomeOf(clock, {
        method: request.method,
        url: request.url,
        path: url.pathname,
        query: [...url.searchParams],
        headers: request.headers,
        body: yield* bodyOf(request)
      })
      if (outcome._tag === "Dropped") return yield* transportError(request, connectionError(outcome.code))
      return HttpClientResponse.fromWeb(request, toResponse(outcome.reply, { clock, signal }))
    })
  )
}
