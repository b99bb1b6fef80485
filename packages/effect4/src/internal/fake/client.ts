import type { Clock } from "@checkpoint-permissions/fake/clock"
import { drive, type Host } from "@checkpoint-permissions/fake/host"
import type { Outcome, ServerRequest } from "@checkpoint-permissions/fake/http"
import { connectionError, toResponse } from "@checkpoint-permissions/fake/response"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"

const transportError = (request: HttpClientRequest.HttpClientRequest, cause: unknown) =>
  new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })

const bodyOf = (
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<string, HttpClientError.HttpClientError> => {
  if (request.body._tag === "Empty") return Effect.succeed("")
  return HttpClientRequest.toWeb(request).pipe(
    Effect.flatMap((web) => Effect.tryPromise(() => web.text())),
    Effect.mapError((cause) => transportError(request, cause))
  )
}

/** Answers in the time of the `Clock` of the fiber that sends the request, which `clockOf` gives. */
export const make = (host: Host, clockOf: Effect.Effect<Clock>): HttpClient.HttpClient => {
  const outcomeOf = (clock: Clock, request: ServerRequest): Effect.Effect<Outcome> =>
    Effect.callback((resume) => {
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
      if (outcome._tag === "Dropped") return yield* Effect.fail(transportError(request, connectionError(outcome.code)))
      return HttpClientResponse.fromWeb(request, toResponse(outcome.reply, { clock, signal }))
    })
  )
}
