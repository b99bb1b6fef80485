import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import type * as Tracer from "effect/Tracer"

type Request = HttpClientRequest.HttpClientRequest
type Reply = Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>

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
 *
 * What is traced is told the span, to run under it; none where nothing is traced.
 */
export const traced =
  (hides: ReadonlyArray<string>, execute: (request: Request, span: Tracer.Span | undefined) => Reply) =>
  (request: Request): Reply =>
    Effect.withFiberRuntime((fiber) => {
      const isDisabled = fiber.getFiberRef(HttpClient.currentTracerDisabledWhen)
      if (!fiber.getFiberRef(FiberRef.currentTracerEnabled) || isDisabled(request)) return execute(request, undefined)
      const hidden = [...fiber.getFiberRef(Headers.currentRedactedNames), ...hides]
      const isPropagated = fiber.getFiberRef(HttpClient.currentTracerPropagation)
      const nameOf = Context.get(fiber.currentContext, HttpClient.SpanNameGenerator)
      return Effect.useSpan(nameOf(request), { kind: "client", captureStackTrace: false }, (span) => {
        annotateRequest(span, request)
        annotateHeaders(span, "http.request.header", request.headers, hidden)
        const sent = isPropagated ? HttpClientRequest.setHeaders(request, HttpTraceContext.toHeaders(span)) : request
        return Effect.map(execute(sent, span), (reply) => {
          span.attribute("http.response.status_code", reply.status)
          annotateHeaders(span, "http.response.header", reply.headers, hidden)
          return reply
        })
      })
    })
