/** One attempt of a call: a request, and its reply read to the end within the timeout. */

import * as failure from "@checkpoint-permissions/protocol/failure"
import * as operations from "@checkpoint-permissions/protocol/operations"
import type * as retrying from "@checkpoint-permissions/protocol/retrying"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as HttpTraceContext from "effect/http/HttpTraceContext"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import type { ApiClient } from "./apiClient.ts"
import type { Attempt } from "./call.ts"
import type { Settings } from "./options.ts"

/** A body, read up to its maximum size. */
interface Body {
  readonly text: string
  /** True if `text` is the whole body. */
  readonly complete: boolean
}

const readStream = ({ stream }: HttpClientResponse.HttpClientResponse, largest: number) =>
  Effect.suspend(() => {
    const decoder = new TextDecoder()
    let size = 0
    let text = ""
    return stream.pipe(
      Stream.takeUntil((bytes) => {
        size += bytes.length
        const part = size > largest ? bytes.subarray(0, bytes.length - (size - largest)) : bytes
        text += decoder.decode(part, { stream: true })
        return size > largest
      }),
      Stream.runDrain,
      Effect.map(() => ({ text: text + decoder.decode(), complete: size <= largest }))
    )
  })

/**
 * Reads a body up to a maximum that depends on the status. `isShared` is true if a transformation may have read the
 * body. Then its text can be read again, but not its stream.
 */
const read = (
  response: HttpClientResponse.HttpClientResponse,
  isShared: boolean
): Effect.Effect<Body, HttpClientError.HttpClientError> => {
  const largest = response.status < 300 ? failure.maxBodySize.success : failure.maxBodySize.error
  const { "content-encoding": encoding, "content-length": length = "" } = response.headers
  const isShort = encoding === undefined && /^\d+$/.test(length) && Number(length) <= largest
  const body =
    isShared || isShort
      ? Effect.map(response.text, (text) => ({ text, complete: text.length <= largest }))
      : readStream(response, largest)
  return Effect.catch(body, (error) =>
    error.reason._tag === "EmptyBodyError" ? Effect.succeed({ text: "", complete: true }) : Effect.fail(error)
  )
}

/** Returns the reason of a transport error. */
const causeOf = ({ reason }: HttpClientError.HttpClientError): unknown =>
  reason.cause ?? reason.description ?? reason._tag

export const make = ({ execute, guardOperation }: ApiClient, settings: Settings, redact: failure.Redact) => {
  const server = settings.server.apiUrl
  const apiUrl = new URL(server)
  const base = HttpClientRequest.get(server).pipe(
    HttpClientRequest.acceptJson,
    HttpClientRequest.setHeaders(settings.headers)
  )

  const requestOf = ({ body, method, path, query }: operations.Request): HttpClientRequest.HttpClientRequest => {
    const request = HttpClientRequest.setMethod(HttpClientRequest.appendUrl(base, path), method)
    if (query !== undefined) return HttpClientRequest.setUrlParams(request, { ...query })
    return body === undefined ? request : HttpClientRequest.setBody(request, HttpBody.jsonUnsafe(body))
  }

  /** Fails with the defect of the application's client. Removes the key, which the defect may contain. */
  const died = (cause: Cause.Cause<never>): Effect.Effect<never> => {
    const text = Cause.pretty(cause)
    const redacted = redact(text)
    return redacted === text ? Effect.failCause(cause) : Effect.die(new Error(redacted))
  }

  return <A>(call: operations.Call<A>, operationSpan: Tracer.Span) => {
    const { checkpoint, operation, template } = call
    const request = requestOf(call.request)
    return ({
      mayHaveExecuted,
      now,
      number,
      onReply,
      timeLimit
    }: Attempt): Effect.Effect<A, failure.RequestFailure> => {
      const attributes = operations.attemptAttributes({ method: request.method, template, number }, apiUrl)
      const sent = { operation, checkpoint, server, mayHaveExecuted, read: call.read }
      operationSpan.attribute("attempt", number)
      return Effect.useSpan(`${request.method} ${template}`, { kind: "client", attributes }, (span) => {
        let head: failure.Head | undefined
        const lost = (error: HttpClientError.HttpClientError): retrying.Result<A> => ({
          failure: failure.ofTransport(sent, causeOf(error), redact, head)
        })
        const readReply = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<retrying.Result<A>> => {
          const received = { status: response.status, headers: response.headers, now: now() }
          const requestId = failure.requestIdOf(response.headers, redact)
          head = received
          span.attribute("http.response.status_code", response.status)
          operationSpan.attribute("status", response.status)
          operationSpan.attribute("request_id", requestId)
          onReply(received, requestId)
          return Effect.match(read(response, settings.transformClient !== undefined), {
            onFailure: lost,
            onSuccess: ({ complete, text }) => {
              const result = failure.ofReply(sent, { ...received, body: text, complete }, redact)
              return "ok" in result ? { reply: result.ok } : { failure: result }
            }
          })
        }
        const isTraced = settings.tracePropagation && !Context.get(span.annotations, Tracer.DisablePropagation)
        const traced = isTraced ? HttpClientRequest.setHeaders(request, HttpTraceContext.toHeaders(span)) : request
        const timed = Effect.matchEffect(execute(traced), {
          // a transformation may have refused the status: its reply is read nevertheless
          onFailure: (error) =>
            error.reason._tag === "StatusCodeError" ? readReply(error.reason.response) : Effect.succeed(lost(error)),
          onSuccess: readReply
        }).pipe(
          Effect.updateContext((context: Context.Context<never>) =>
            Context.add(guardOperation(context), Tracer.ParentSpan, span)
          ),
          Effect.catchCause(died),
          Effect.timeoutOrElse({
            duration: timeLimit,
            orElse: () => Effect.succeed({ failure: failure.ofTimeout(sent, timeLimit, redact, head) })
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
