/** One attempt of a call: a request and its reply, read to the end within the timeout. */
import * as failure from "@checkpoint-permissions/protocol/failure"
import type * as operations from "@checkpoint-permissions/protocol/operations"
import { attemptAttributes } from "@checkpoint-permissions/protocol/tracing"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import type * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import type * as Tracer from "effect/Tracer"
import type { Attempt } from "../retry/call.ts"
import type { Settings } from "../settings.ts"
import * as replyBody from "./body.ts"

/** A transformation of the client may have refused the status. Its reply is read all the same. */
const replyOf = (error: HttpClientError.HttpClientError) =>
  error.reason._tag === "StatusCodeError"
    ? Effect.succeed(error.reason.response)
    : Effect.fail(new replyBody.UnreadableBody({ cause: replyBody.causeOf(error) }))

export const make = (client: HttpClient.HttpClient, settings: Settings, redact: failure.Redact) => {
  const server = settings.baseUrl
  const apiUrl = new URL(server)
  const timeout = Duration.toMillis(settings.timeout)
  const base = HttpClientRequest.get(server).pipe(
    HttpClientRequest.acceptJson,
    HttpClientRequest.setHeaders(settings.headers)
  )

  const requestOf = ({ body, method, path, query }: operations.Request): HttpClientRequest.HttpClientRequest => {
    const request = HttpClientRequest.setMethod(HttpClientRequest.appendUrl(base, path), method)
    if (query !== undefined) return HttpClientRequest.setUrlParams(request, { ...query })
    return body === undefined ? request : HttpClientRequest.setBody(request, HttpBody.jsonUnsafe(body))
  }

  const exchange = <A>(
    call: failure.Call & Pick<operations.Call<A>, "read">,
    request: HttpClientRequest.HttpClientRequest,
    span: { readonly attempt: Tracer.Span; readonly operation: Tracer.Span },
    onReply: Attempt["onReply"],
    seen: { head?: failure.Head }
  ): Effect.Effect<A, failure.RequestFailure> => {
    const readReply = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<A, failure.RequestFailure> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const { status } = response
        const head: failure.Head = { status, headers: response.headers, now }
        seen.head = head
        const requestId = failure.requestIdOf(head.headers, redact)
        span.attempt.attribute("http.response.status_code", status)
        span.operation.attribute("status", status)
        span.operation.attribute("request_id", requestId)
        onReply({ operation: call.operation, status, requestId }, failure.outcomeOf(head))
        return Effect.matchEffect(replyBody.read(response), {
          onFailure: ({ cause }) => Effect.fail(failure.ofTransport(call, cause, redact, head)),
          onSuccess: ({ complete, text }) => {
            const result = failure.ofReply(call, { ...head, body: text, complete }, redact)
            if ("ok" in result) return Effect.succeed(result.ok)
            if (result.kind === "QuotaExhaustedError") {
              onReply({ operation: call.operation, status, requestId }, failure.outcomeOf(head, result))
            }
            return Effect.fail(result)
          }
        })
      })
    return client.execute(request).pipe(
      Effect.catch(replyOf),
      Effect.matchEffect({
        onFailure: ({ cause }) => Effect.fail(failure.ofTransport(call, cause, redact)),
        onSuccess: readReply
      })
    )
  }

  /** The attempts of a call; `span` is that of the operation. */
  return <A>({ checkpoint, operation, read, request: parts, template }: operations.Call<A>, span: Tracer.Span) => {
    const request = requestOf(parts)
    return ({ mayHaveExecuted, number, onReply }: Attempt): Effect.Effect<A, failure.RequestFailure> => {
      const call = { operation, checkpoint, server, mayHaveExecuted, read }
      const attributes = attemptAttributes({ method: request.method, template, number }, apiUrl)
      span.attribute("attempt", number)
      return Effect.useSpan(`${request.method} ${template}`, { kind: "client", attributes }, (attempt) => {
        const seen: { head?: failure.Head } = {}
        return exchange(call, request, { attempt, operation: span }, onReply, seen).pipe(
          Effect.withParentSpan(attempt, { captureStackTrace: false }),
          Effect.timeoutOrElse({
            duration: settings.timeout,
            orElse: () => Effect.fail(failure.ofTimeout(call, timeout, seen.head))
          }),
          Effect.tapError((error) => Effect.sync(() => attempt.attribute("error.type", error.kind)))
        )
      })
    }
  }
}
