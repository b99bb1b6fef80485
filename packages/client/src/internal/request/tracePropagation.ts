import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"

/** Adds the headers by which a server continues the trace, unless tracing is switched off. */
export const withTraceHeaders = (
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
