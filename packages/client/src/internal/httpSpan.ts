import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import type * as Tracer from "effect/Tracer"

type Request = HttpClientRequest.HttpClientRequest
type Execute = (
  request: Request
) => Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>

const annotateHeaders = (
  span: Tracer.Span,
  prefix: string,
  headers: Headers.Headers,
  hidden: ReadonlyArray<string | RegExp>
) => {
  for (const [name, value] of Object.entries(Headers.redact(headers, hidden))) {
    span.attribute(`${prefix}.${name}`, String(value))
  }
}

const annotateRequest = (span: Tracer.Span, request: Request) => {
  span.attribute("http.request.method", request.method)
  const url = Option.getOrUndefined(HttpClientRequest.toUrl(request))
  if (url === undefined) return
  span.attribute("server.address", url.origin)
  if (url.port !== "") span.attribute("server.port", Number(url.port))
  span.attribute("url.full", url.href)
  span.attribute("url.path", url.pathname)
  span.attribute("url.scheme", url.protocol.slice(0, -1))
  if (url.search !== "") span.attribute("url.query", url.search.slice(1))
}

/**
 * The platform's span of a request, in its place and with the same attributes,
 * but around what has forgotten the key: the platform's ends with an error that
 * holds the key, and has it as an attribute when a server gives it back.
 */
export const traced =
  (execute: Execute): Execute =>
  (request) =>
    Effect.gen(function* () {
      const isDisabled = yield* FiberRef.get(HttpClient.currentTracerDisabledWhen)
      if (!(yield* FiberRef.get(FiberRef.currentTracerEnabled)) || isDisabled(request)) return yield* execute(request)
      const hidden = yield* FiberRef.get(Headers.currentRedactedNames)
      const isPropagated = yield* FiberRef.get(HttpClient.currentTracerPropagation)
      const nameOf = yield* HttpClient.SpanNameGenerator
      return yield* Effect.useSpan(nameOf(request), { kind: "client", captureStackTrace: false }, (span) => {
        annotateRequest(span, request)
        annotateHeaders(span, "http.request.header", request.headers, hidden)
        return execute(
          isPropagated ? HttpClientRequest.setHeaders(request, HttpTraceContext.toHeaders(span)) : request
        ).pipe(
          Effect.tap((reply) =>
            Effect.sync(() => {
              span.attribute("http.response.status_code", reply.status)
              annotateHeaders(span, "http.response.header", reply.headers, hidden)
            })
          ),
          Effect.withParentSpan(span),
          Effect.locally(HttpClient.currentTracerDisabledWhen, () => true)
        )
      })
    })
