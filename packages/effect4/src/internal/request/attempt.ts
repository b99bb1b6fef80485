/** One attempt of a call: a request and its reply, read to the end within the timeout. */
import type { Result } from "@checkpoint-permissions/protocol/calling"
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
    return body === undefined ? request : HttpClientRequest.setBody(request, HttpBody.jsonUnsafe(body))
  }

  /** Sends a request and reads its reply. `onHead` receives the head before the body is read. */
  const exchange = <A>(
    call: failure.Call & Pick<operations.Call<A>, "read">,
    request: HttpClientRequest.HttpClientRequest,
    onHead: (head: failure.Head) => void
  ): Effect.Effect<Result<A>> => {
    const lost = ({ cause }: replyBody.UnreadableBody, head?: failure.Head): Result<A> => ({
      failure: failure.ofTransport(call, cause, redact, head)
    })
    const readReply = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<Result<A>> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const head: failure.Head = { status: response.status, headers: response.headers, now }
        onHead(head)
        return Effect.match(replyBody.read(response), {
          onFailure: (error) => lost(error, head),
          onSuccess: ({ complete, text }) => {
            const result = failure.ofReply(call, { ...head, body: text, complete }, redact)
            return "ok" in result ? { reply: result.ok } : { failure: result }
          }
        })
      })
    return client
      .execute(request)
      .pipe(
        Effect.catch(replyOf),
        Effect.matchEffect({ onFailure: (error) => Effect.succeed(lost(error)), onSuccess: readReply })
      )
  }

  return <A>(call: operations.Call<A>, operationSpan: Tracer.Span) => {
    const { checkpoint, operation, read, template } = call
    const request = requestOf(call.request)
    return ({ mayHaveExecuted, number, onReply }: Attempt): Effect.Effect<A, failure.RequestFailure> => {
      const attributes = attemptAttributes({ method: request.method, template, number }, apiUrl)
      const sent = { operation, checkpoint, server, mayHaveExecuted, read }
      operationSpan.attribute("attempt", number)
      return Effect.useSpan(`${request.method} ${template}`, { kind: "client", attributes }, (span) => {
        let head: failure.Head | undefined
        const onHead = (received: failure.Head) => {
          const requestId = failure.requestIdOf(received.headers, redact)
          head = received
          span.attribute("http.response.status_code", head.status)
          operationSpan.attribute("status", head.status)
          operationSpan.attribute("request_id", requestId)
          onReply(head, requestId)
        }
        const timed = exchange(sent, request, onHead).pipe(
          Effect.withParentSpan(span, { captureStackTrace: false }),
          Effect.timeoutOrElse({
            duration: settings.timeout,
            orElse: () => Effect.succeed({ failure: failure.ofTimeout(sent, timeout, head) })
          })
        )
        return Effect.flatMap(timed, (result) => {
          if ("reply" in result) return Effect.succeed(result.reply)
          span.attribute("error.type", result.failure.kind)
          return Effect.fail(result.failure)
        })
      })
    }
  }
}
