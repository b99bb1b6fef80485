import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"

const withSpan = (
  request: HttpClientRequest.HttpClientRequest,
  context: Context.Context<never>
): HttpClientRequest.HttpClientRequest => {
  const span = Option.getOrUndefined(Context.getOption(context, Tracer.ParentSpan))
  return span?._tag === "Span" ? HttpClientRequest.setHeaders(request, HttpTraceContext.toHeaders(span)) : request
}

/** Adds the headers by which a server goes on with the trace, unless propagation or tracing is switched off. */
export const withTraceHeaders = (
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<HttpClientRequest.HttpClientRequest> =>
  FiberRef.getWith(HttpClient.currentTracerPropagation, (isPropagated) =>
    isPropagated
      ? FiberRef.getWith(FiberRef.currentTracerEnabled, (isEnabled) =>
          isEnabled
            ? Effect.contextWith((context: Context.Context<never>) => withSpan(request, context))
            : Effect.succeed(request)
        )
      : Effect.succeed(request)
  )
