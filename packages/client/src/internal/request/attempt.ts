/** One attempt of a call: a request and its reply, read to the end within the timeout. */
import * as failure from "@checkpoint-permissions/protocol/failure"
import type * as operations from "@checkpoint-permissions/protocol/operations"
import * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Tracer from "effect/Tracer"
import type { Attempt } from "../retry/call.ts"
import type { Settings } from "../settings.ts"
import { attemptTimeout } from "../timeout.ts"
import { withAttemptSpan } from "./attemptSpan.ts"
import * as replyBody from "./body.ts"

/** A transformation of the client may have refused the status. Its reply is read all the same. */
const replyOf = (error: HttpClientError.HttpClientError) =>
  error._tag === "ResponseError" && error.reason === "StatusCode"
    ? Effect.succeed(error.response)
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
    // raw, since a length that is announced is one header more for `fetch` to refuse
    return body === undefined
      ? request
      : HttpClientRequest.setBody(request, HttpBody.raw(JSON.stringify(body), { contentType: "application/json" }))
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
        const head: failure.Head = { status: response.status, headers: response.headers, now }
        seen.head = head
        const requestId = failure.requestIdOf(head.headers, redact)
        span.attempt.attribute("http.response.status_code", head.status)
        span.operation.attribute("status", head.status)
        span.operation.attribute("request_id", requestId)
        onReply({ operation: call.operation, status: head.status, requestId }, failure.outcomeOf(head))
        return Effect.matchEffect(replyBody.read(response), {
          onFailure: ({ cause }) => Effect.fail(failure.ofTransport(call, cause, redact, head)),
          onSuccess: ({ complete, text }) => {
            const result = failure.ofReply(call, { ...head, body: text, complete }, redact)
            if ("ok" in result) return Effect.succeed(result.ok)
            if (result.kind === "QuotaExhaustedError") {
              onReply({ operation: call.operation, status: head.status, requestId }, failure.outcomeOf(head, result))
            }
            return Effect.fail(result)
          }
        })
      })
    return client.execute(request).pipe(
      Effect.catchAll(replyOf),
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
      span.attribute("attempt", number)
      return withAttemptSpan(request, { template, apiUrl, attempt: number }, (attemptSpan) => {
        const seen: { head?: failure.Head } = {}
        return attemptTimeout(
          exchange(call, request, { attempt: attemptSpan, operation: span }, onReply, seen),
          settings.timeout,
          () => failure.ofTimeout(call, timeout, seen.head)
        ).pipe(Effect.tapError((error) => Effect.sync(() => attemptSpan.attribute("error.type", error.kind))))
      })
    }
  }
}
