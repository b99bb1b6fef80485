/** One attempt of a call: a request and its reply, read to the end within the timeout. */
import type { Result } from "@checkpoint-permissions/protocol/calling"
import * as failure from "@checkpoint-permissions/protocol/failure"
import * as operations from "@checkpoint-permissions/protocol/operations"
import * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberRef from "effect/FiberRef"
import * as Tracer from "effect/Tracer"
import type { Attempt } from "../call.ts"
import type { Settings } from "../settings.ts"
import { attemptTimeout } from "../timeout.ts"
import { type ApiClient, addNoRedirect } from "./apiClient.ts"
import { read } from "./body.ts"

/** Returns the reason that the transport gives. */
const causeOf = (error: HttpClientError.HttpClientError): unknown => error.cause ?? error.description ?? error.reason

/** Adds the headers by which a server continues the trace, unless tracing is switched off. */
const addTrace = (
  request: HttpClientRequest.HttpClientRequest,
  span: Tracer.Span
): Effect.Effect<HttpClientRequest.HttpClientRequest> =>
  FiberRef.getWith(FiberRef.currentTracerEnabled, (isEnabled) =>
    Effect.succeed(isEnabled ? HttpClientRequest.setHeaders(request, HttpTraceContext.toHeaders(span)) : request)
  )

export const make = (execute: ApiClient["execute"], settings: Settings, redact: failure.Redact) => {
  const server = settings.server.apiUrl
  const apiUrl = new URL(server)
  const timeout = Duration.toMillis(settings.timeout)
  const base = HttpClientRequest.get(server).pipe(
    HttpClientRequest.acceptJson,
    HttpClientRequest.setHeaders(settings.headers)
  )

  const requestOf = ({ body, method, path, query }: operations.Request): HttpClientRequest.HttpClientRequest => {
    const request = HttpClientRequest.setMethod(HttpClientRequest.appendUrl(base, path), method)
    if (query !== undefined) return HttpClientRequest.setUrlParams(request, { ...query })
    // raw, since a length that is announced is one header more for `fetch` to refuse
    return body === undefined
      ? request
      : HttpClientRequest.setBody(request, HttpBody.raw(JSON.stringify(body), { contentType: "application/json" }))
  }

  /** Fails as a client of the application died, without the key that it may quote. */
  const died = (cause: Cause.Cause<never>): Effect.Effect<never> => {
    const text = Cause.pretty(cause, { renderErrorCause: true })
    const redacted = redact(text)
    return redacted === text ? Effect.failCause(cause) : Effect.die(new Error(redacted))
  }

  /** Sends a request and reads its reply. `onHead` receives the head before the body is read. */
  const exchange = <A>(
    call: failure.Call & Pick<operations.Call<A>, "read">,
    request: HttpClientRequest.HttpClientRequest,
    onHead: (head: failure.Head) => void
  ): Effect.Effect<Result<A>> => {
    const lost = (error: HttpClientError.HttpClientError, head?: failure.Head): Result<A> => ({
      failure: failure.ofTransport(call, causeOf(error), redact, head)
    })
    const readReply = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<Result<A>> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const head: failure.Head = { status: response.status, headers: response.headers, now }
        onHead(head)
        return Effect.matchCauseEffect(read(response, settings.transformClient !== undefined), {
          onFailure: (cause) =>
            Either.match(Cause.failureOrCause(cause), {
              onLeft: (error) => Effect.succeed(lost(error, head)),
              onRight: died
            }),
          onSuccess: ({ complete, text }) => {
            const result = failure.ofReply(call, { ...head, body: text, complete }, redact)
            return Effect.succeed("ok" in result ? { reply: result.ok } : { failure: result })
          }
        })
      })
    /** A transformation may have refused the status. Its reply is read all the same. */
    const onError = (error: HttpClientError.HttpClientError): Effect.Effect<Result<A>> =>
      error._tag === "ResponseError" && error.reason === "StatusCode"
        ? readReply(error.response)
        : Effect.succeed(lost(error))
    return Effect.matchCauseEffect(execute(request), {
      onFailure: (cause) => Either.match(Cause.failureOrCause(cause), { onLeft: onError, onRight: died }),
      onSuccess: readReply
    })
  }

  /** The attempts of a call; `operationSpan` is that of the operation. */
  return <A>(call: operations.Call<A>, operationSpan: Tracer.Span) => {
    const { checkpoint, operation, template } = call
    const request = requestOf(call.request)
    return ({ mayHaveExecuted, number, onReply }: Attempt): Effect.Effect<A, failure.RequestFailure> => {
      const attributes = operations.attemptAttributes({ method: request.method, template, number }, apiUrl)
      const sent = { operation, checkpoint, server, mayHaveExecuted, read: call.read }
      operationSpan.attribute("attempt", number)
      return Effect.useSpan(
        `${request.method} ${template}`,
        { kind: "client", captureStackTrace: false, attributes, parent: operationSpan },
        (span) => {
          let head: failure.Head | undefined
          const onHead = (received: failure.Head) => {
            const requestId = failure.requestIdOf(received.headers, redact)
            head = received
            span.attribute("http.response.status_code", head.status)
            operationSpan.attribute("status", head.status)
            operationSpan.attribute("request_id", requestId)
            onReply(head, requestId)
          }
          const exchanged = settings.tracePropagation
            ? Effect.flatMap(addTrace(request, span), (traced) => exchange(sent, traced, onHead))
            : exchange(sent, request, onHead)
          const inSpan = Effect.mapInputContext(exchanged, (context: Context.Context<never>) =>
            Context.add(addNoRedirect(context), Tracer.ParentSpan, span)
          )
          const timed = attemptTimeout(inSpan, settings.timeout, () => ({
            failure: failure.ofTimeout(sent, timeout, redact, head)
          }))
          return Effect.flatMap(timed, (result) => {
            if ("reply" in result) return Effect.succeed(result.reply)
            span.attribute("error.type", result.failure.kind)
            return Effect.fail(result.failure)
          })
        }
      )
    }
  }
}
