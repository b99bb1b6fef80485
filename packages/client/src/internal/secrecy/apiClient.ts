import type { Redact } from "@checkpoint-permissions/protocol/failure"
import { redactCause } from "@checkpoint-permissions/protocol/redaction"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"
import type { Settings } from "../settings.ts"
import { ownResponse, redactedError, redactedResponse } from "./redactedResponse.ts"

/** Adds the headers by which a server continues the trace, unless tracing is switched off. */
const withTraceHeaders = (
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<HttpClientRequest.HttpClientRequest> =>
  FiberRef.getWith(FiberRef.currentTracerEnabled, (isEnabled) =>
    Effect.contextWith((context: Context.Context<never>) => {
      const span = Option.getOrUndefined(Context.getOption(context, Tracer.ParentSpan))
      return isEnabled && span?._tag === "Span"
        ? HttpClientRequest.setHeaders(request, HttpTraceContext.toHeaders(span))
        : request
    })
  )

const isRedirect = (status: number): boolean => status >= 300 && status < 400

/** `fetch` follows redirects unless it is told not to. Other transports ignore this. */
const withoutRedirects = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.mapInputContext(self, (context: Context.Context<R>) =>
    Context.add(context, FetchHttpClient.RequestInit, {
      ...Option.getOrUndefined(Context.getOption(context, FetchHttpClient.RequestInit)),
      redirect: "manual"
    })
  )

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

  const secretNames = ["authorization", authHeader]

  /** Shows no header that holds the key. By default Effect knows them already. */
  const withRedactedNames = <A, E, R>(send: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    FiberRef.getWith(Headers.currentRedactedNames, (names) =>
      secretNames.every((name) => names.includes(name))
        ? send
        : Effect.locally(send, Headers.currentRedactedNames, [...names, ...secretNames])
    )

  /** The region in which the request holds the key. */
  const secret = <A, E, R>(send: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    send.pipe(
      withoutRedirects,
      Effect.withUnhandledErrorLogLevel(Option.none()),
      Effect.locally(HttpClient.currentTracerDisabledWhen, isForApi),
      withRedactedNames
    )

  const seen = transformClient === undefined ? ownResponse : redactedResponse
  const redacted = HttpClient.makeWith(
    (request: Effect.Effect<HttpClientRequest.HttpClientRequest>) =>
      Effect.flatMap(request, (ready) =>
        secret(authorized.execute(ready)).pipe(
          Effect.catchAllDefect((defect) => Effect.die(redactCause(defect, redact))),
          Effect.mapBoth({
            onFailure: (error) => redactedError(ready, error, redact),
            onSuccess: (response) => seen(ready, response, redact)
          })
        )
      ),
    Effect.succeed
  )
  return transformClient === undefined
    ? redacted
    : // so that a transformation that follows redirects finds none
      transformClient(HttpClient.filterStatus(redacted, (status) => !isRedirect(status)))
}
