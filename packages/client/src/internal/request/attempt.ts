/** One attempt of a call: a request and its reply, read to the end within the timeout. */
import * as failure from "@checkpoint-permissions/protocol/failure"
import type { Read } from "@checkpoint-permissions/protocol/wire"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Tracer from "effect/Tracer"
import type { Attempt } from "../retry/call.ts"
import type { Settings } from "../settings.ts"
import { attemptTimeout } from "../timeout.ts"
import { withAttemptSpan } from "./attemptSpan.ts"
import * as body from "./body.ts"

/** What is sent, and how its reply is read. */
export interface Exchange<A> {
  readonly operation: "list" | "create" | "delete"
  readonly checkpoint: string
  readonly request: HttpClientRequest.HttpClientRequest
  /** The path with placeholders. */
  readonly template: string
  /** The span of the operation. */
  readonly span: Tracer.Span
  readonly read: (json: unknown) => Read<A>
}

/** A transformation of the client may have refused the status. Its reply is read all the same. */
const replyOf = (error: HttpClientError.HttpClientError) =>
  error._tag === "ResponseError" && error.reason === "StatusCode"
    ? Effect.succeed(error.response)
    : Effect.fail(new body.UnreadableBody({ cause: body.causeOf(error) }))

export const make = (client: HttpClient.HttpClient, settings: Settings, redact: failure.Redact) => {
  const server = settings.baseUrl
  const apiUrl = new URL(server)
  const timeout = Duration.toMillis(settings.timeout)

  const exchange = <A>(
    call: failure.Call & Pick<Exchange<A>, "read">,
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
        return Effect.matchEffect(body.read(response), {
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

  return <A>({ checkpoint, operation, read, request, span, template }: Exchange<A>) =>
    ({ mayHaveExecuted, number, onReply }: Attempt): Effect.Effect<A, failure.RequestFailure> => {
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
