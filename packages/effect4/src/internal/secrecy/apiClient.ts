import type { Redact } from "@checkpoint-permissions/protocol/failure"
import { redactCause } from "@checkpoint-permissions/protocol/redaction"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Headers from "effect/http/Headers"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpTraceContext from "effect/http/HttpTraceContext"
import * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"
import type { Settings } from "../settings.ts"
import { ownResponse, redactedError, redactedResponse } from "./redactedResponse.ts"

const isRedirect = (status: number): boolean => status >= 300 && status < 400

/** Adds the headers by which a server continues the trace, unless tracing is switched off. */
const withTraceHeaders = (request: HttpClientRequest.HttpClientRequest) =>
  Effect.contextWith((context: Context.Context<never>) => {
    const span = Context.getOrUndefined(context, Tracer.ParentSpan)
    const isTraced = span?._tag === "Span" && !Context.get(span.annotations, Tracer.DisablePropagation)
    return Effect.succeed(isTraced ? HttpClientRequest.setHeaders(request, HttpTraceContext.toHeaders(span)) : request)
  })

/**
 * The application's client, with the key added to requests for the API just before they are sent. Neither a
 * transformation, a redirect, a tracer nor whoever reads its responses and errors gets at the key.
 */
export const make = (client: HttpClient.HttpClient, settings: Settings, redact: Redact): HttpClient.HttpClient => {
  const { adminKey, authHeader, authScheme, tracePropagation, transformClient } = settings
  const { origin } = new URL(settings.server.apiUrl)
  const isForApi = ({ url }: HttpClientRequest.HttpClientRequest): boolean =>
    url.startsWith(`${origin}/`) || (URL.canParse(url) && new URL(url).origin === origin)

  const traced = tracePropagation ? HttpClient.mapRequestEffect(client, withTraceHeaders) : client
  const authorized = HttpClient.mapRequest(traced, (request) =>
    isForApi(request)
      ? HttpClientRequest.setHeader(request, authHeader, authScheme + Redacted.value(adminKey))
      : request
  )

  /** What holds where the request holds the key. `fetch` follows redirects unless it is told not to. */
  const secret = <A, E, R>(send: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.updateContext(send, (context: Context.Context<R>) =>
      context.pipe(
        Context.add(FetchHttpClient.RequestInit, {
          ...Context.getOrUndefined(context, FetchHttpClient.RequestInit),
          redirect: "manual"
        }),
        Context.add(HttpClient.TracerDisabledWhen, isForApi),
        Context.add(Headers.CurrentRedactedNames, [
          ...Context.get(context, Headers.CurrentRedactedNames),
          "authorization",
          authHeader
        ])
      )
    )

  const seen = transformClient === undefined ? ownResponse : redactedResponse
  const redacted = HttpClient.makeWith(
    Effect.flatMap((ready: HttpClientRequest.HttpClientRequest) =>
      secret(authorized.execute(ready)).pipe(
        Effect.catchDefect((defect) => Effect.die(redactCause(defect, redact))),
        Effect.mapBoth({
          onFailure: (error) => redactedError(ready, error, redact),
          onSuccess: (response) => seen(ready, response, redact)
        })
      )
    ),
    Effect.succeed<HttpClientRequest.HttpClientRequest>
  )
  return transformClient === undefined
    ? redacted
    : // so that a transformation that follows redirects finds none
      transformClient(HttpClient.filterStatus(redacted, (status) => !isRedirect(status)))
}
